-- Figures of a month that only what happened in it can change, so that they can be frozen at its end: first entries into the
-- stages, the steps whose both ends lie in the month, contracts, payments, costs, new customers. Whatever changes them later is a
-- correction of the past.
with pairs as (
    select
        'lead_to_mql' as figure,
        'lead' as from_stage,
        'mql' as to_stage
    union all
    select
        'mql_to_sql' as figure,
        'mql' as from_stage,
        'sql' as to_stage
    union all
    select
        'sql_to_proposal' as figure,
        'sql' as from_stage,
        'proposal' as to_stage
    union all
    select
        'proposal_to_won' as figure,
        'proposal' as from_stage,
        'won' as to_stage
),

stages as (
    select
        entries.reached_month_starts_on as month_starts_on,
        entries.stage as figure,
        count(*) as numerator
    from {{ ref('int_stage_entries') }} as entries
    where entries.stage in ('lead', 'mql', 'sql', 'proposal', 'won', 'paid')
    group by entries.reached_month_starts_on, entries.stage
),

steps as (
    select
        from_entries.reached_month_starts_on as month_starts_on,
        pairs.figure,
        count(to_entries.lead_id) as numerator,
        count(*) as denominator
    from pairs
    inner join {{ ref('int_stage_entries') }} as from_entries
        on pairs.from_stage = from_entries.stage
    left join {{ ref('int_stage_entries') }} as to_entries
        on from_entries.lead_id = to_entries.lead_id
        and pairs.to_stage = to_entries.stage
        and from_entries.reached_month_starts_on = to_entries.reached_month_starts_on
        and to_entries.reached_at >= from_entries.reached_at
    group by from_entries.reached_month_starts_on, pairs.figure
),

figures as (
    select
        months.month_starts_on,
        names.figure,
        coalesce(stages.numerator, 0) as numerator,
        cast(null as bigint) as denominator,
        false as is_money
    from {{ ref('int_kpi_months') }} as months
    cross join (
        select 'lead' as figure
        union all
        select 'mql' as figure
        union all
        select 'sql' as figure
        union all
        select 'proposal' as figure
        union all
        select 'won' as figure
        union all
        select 'paid' as figure
    ) as names
    left join stages
        on months.month_starts_on = stages.month_starts_on
        and names.figure = stages.figure
    union all
    select
        months.month_starts_on,
        pairs.figure,
        coalesce(steps.numerator, 0) as numerator,
        coalesce(steps.denominator, 0) as denominator,
        false as is_money
    from {{ ref('int_kpi_months') }} as months
    cross join pairs
    left join steps
        on months.month_starts_on = steps.month_starts_on
        and pairs.figure = steps.figure
    union all
    select
        revenue.month_starts_on,
        'contracts' as figure,
        revenue.contracts_minor as numerator,
        cast(null as bigint) as denominator,
        true as is_money
    from {{ ref('int_revenue_monthly') }} as revenue
    union all
    select
        revenue.month_starts_on,
        'payments' as figure,
        revenue.payments_minor as numerator,
        cast(null as bigint) as denominator,
        true as is_money
    from {{ ref('int_revenue_monthly') }} as revenue
    union all
    select
        revenue.month_starts_on,
        'new_customers' as figure,
        revenue.new_customers as numerator,
        cast(null as bigint) as denominator,
        false as is_money
    from {{ ref('int_revenue_monthly') }} as revenue
    union all
    select
        months.month_starts_on,
        'marketing_cost' as figure,
        marketing.cost_minor as numerator,
        cast(null as bigint) as denominator,
        true as is_money
    from {{ ref('int_kpi_months') }} as months
    left join {{ ref('int_costs_monthly') }} as marketing
        on months.month_starts_on = marketing.month_starts_on
        and marketing.team = 'marketing'
        and marketing.channel = '(all)'
    union all
    select
        months.month_starts_on,
        'sales_cost' as figure,
        sales.cost_minor as numerator,
        cast(null as bigint) as denominator,
        true as is_money
    from {{ ref('int_kpi_months') }} as months
    left join {{ ref('int_costs_monthly') }} as sales
        on months.month_starts_on = sales.month_starts_on
        and sales.team = 'sales'
        and sales.channel = '(all)'
)

select
    months.period,
    figures.month_starts_on,
    months.next_month_starts_on,
    months.ends_at,
    cast(figures.figure as string) as figure,
    cast(figures.numerator as bigint) as numerator,
    cast(figures.denominator as bigint) as denominator,
    case when figures.is_money then rules.reporting_currency end as currency,
    rules.evaluated_at,
    rules.evaluated_on
from figures
inner join {{ ref('int_kpi_months') }} as months
    on figures.month_starts_on = months.month_starts_on
cross join {{ ref('int_feedback_rules') }} as rules
