-- One figure set for both teams: revenue, whole-funnel conversion and the cost of a customer. Nothing here is a team's alone.
with figures as (
    select
        'month' as period_kind,
        monthly.period,
        monthly.period_start_on,
        monthly.period_end_on,
        monthly.kpi,
        monthly.variant,
        monthly.value,
        monthly.denominator,
        monthly.target,
        monthly.n,
        monthly.is_mature,
        monthly.missing_reason
    from {{ ref('rpt_kpi_values') }} as monthly
    where monthly.segment = '(all)'
    union all
    select
        longer.period_kind,
        longer.period,
        longer.period_start_on,
        longer.period_end_on,
        longer.kpi,
        longer.variant,
        longer.value,
        longer.denominator,
        longer.target,
        longer.n,
        longer.is_mature,
        longer.missing_reason
    from {{ ref('rpt_kpi_longer_periods') }} as longer
    where longer.segment = '(all)'
),

periods as (
    select
        figures.period_kind,
        figures.period,
        figures.period_start_on,
        figures.period_end_on,
        max(case when figures.kpi = 'revenue' and figures.variant = 'default' then figures.value end) as revenue,
        max(case when figures.kpi = 'plan_attainment' and figures.variant = 'default' then figures.denominator end) as revenue_plan,
        max(case when figures.kpi = 'plan_attainment' and figures.variant = 'default' then figures.value end) as revenue_attainment,
        max(case when figures.kpi = 'plan_attainment' and figures.variant = 'default' then figures.target end) as attainment_target,
        max(case when figures.kpi = 'lead_to_won' and figures.variant = 'default' then figures.value end) as lead_to_won,
        max(case when figures.kpi = 'lead_to_won' and figures.variant = 'default' then figures.target end) as lead_to_won_target,
        max(case when figures.kpi = 'lead_to_won' and figures.variant = 'default' then figures.n end) as leads,
        max(case when figures.kpi = 'lead_to_won' and figures.variant = 'default' and figures.is_mature then 1 else 0 end) as is_lead_to_won_mature,
        max(case when figures.kpi = 'cac_blended' and figures.variant = 'default' then figures.value end) as cac,
        max(case when figures.kpi = 'cac_blended' and figures.variant = 'default' then figures.target end) as cac_target,
        max(case when figures.kpi = 'cac_blended' and figures.variant = 'default' then figures.n end) as new_customers,
        max(case when figures.kpi = 'cac_blended' and figures.variant = 'change_90_days' then figures.value end) as cac_change,
        max(case when figures.kpi = 'cac_blended' and figures.variant = 'change_90_days' then figures.target end) as cac_change_target,
        max(case when figures.kpi = 'revenue' and figures.variant = 'default' then figures.missing_reason end) as revenue_missing_reason,
        max(case when figures.kpi = 'plan_attainment' and figures.variant = 'default' then figures.missing_reason end) as attainment_missing_reason,
        max(case when figures.kpi = 'lead_to_won' and figures.variant = 'default' then figures.missing_reason end) as lead_to_won_missing_reason,
        max(case when figures.kpi = 'cac_blended' and figures.variant = 'default' then figures.missing_reason end) as cac_missing_reason,
        max(case when figures.kpi = 'revenue' and figures.variant = 'default' and figures.is_mature then 1 else 0 end) as is_over
    from figures
    group by figures.period_kind, figures.period, figures.period_start_on, figures.period_end_on
),

judged as (
    select
        periods.*,
        case when periods.is_over = 1 then periods.revenue_attainment >= periods.attainment_target end as is_revenue_met,
        case when periods.is_lead_to_won_mature = 1 then periods.lead_to_won >= periods.lead_to_won_target end as is_lead_to_won_met,
        case
            when periods.is_over = 1 and periods.cac_target is not null then periods.cac <= periods.cac_target
            when periods.is_over = 1 then periods.cac_change <= periods.cac_change_target
        end as is_cac_met
    from periods
)

select
    judged.period_kind,
    judged.period,
    judged.period_start_on,
    judged.period_end_on,
    'both' as team,
    cast(judged.revenue as bigint) as revenue_minor,
    cast(judged.revenue_plan as bigint) as revenue_plan_minor,
    judged.revenue_attainment,
    judged.attainment_target,
    judged.is_revenue_met,
    judged.lead_to_won,
    judged.lead_to_won_target,
    judged.leads,
    judged.is_lead_to_won_mature = 1 as is_lead_to_won_mature,
    judged.is_lead_to_won_met,
    judged.cac as cac_blended,
    judged.cac_target as cac_blended_target,
    judged.new_customers,
    judged.cac_change as cac_change_90_days,
    judged.cac_change_target as cac_change_90_days_target,
    judged.is_cac_met,
    cast(
        case when judged.is_revenue_met then 1 else 0 end
        + case when judged.is_lead_to_won_met then 1 else 0 end
        + case when judged.is_cac_met then 1 else 0 end
        as bigint
    ) as targets_met,
    cast(
        case when judged.is_revenue_met is not null then 1 else 0 end
        + case when judged.is_lead_to_won_met is not null then 1 else 0 end
        + case when judged.is_cac_met is not null then 1 else 0 end
        as bigint
    ) as targets_judged,
    coalesce(judged.revenue_missing_reason, judged.attainment_missing_reason) as revenue_missing_reason,
    judged.lead_to_won_missing_reason,
    judged.cac_missing_reason,
    {{ build_fact('reporting_currency') }} as currency,
    {{ build_fact('vat_basis') }} as vat_basis,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from judged
