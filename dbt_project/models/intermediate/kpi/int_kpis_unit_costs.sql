-- Marketing cost per lead, MQL, SQL and thousand impressions. A missing cost is never 0 (D5).
with counts as (
    select
        entries.reached_month_starts_on as month_starts_on,
        coalesce(entries.channel, '(all)') as segment,
        case entries.stage when 'mql' then 'cost_per_mql' else 'cost_per_sql' end as kpi,
        count(*) as counted
    from {{ ref('int_stage_entries') }} as entries
    where entries.stage in ('mql', 'sql')
    group by grouping sets (
        (entries.reached_month_starts_on, entries.stage, entries.channel), (entries.reached_month_starts_on, entries.stage)
    )
    union all
    select
        entries.created_month_starts_on as month_starts_on,
        coalesce(entries.channel, '(all)') as segment,
        'cpl' as kpi,
        count(*) as counted
    from {{ ref('int_stage_entries') }} as entries
    where entries.stage = 'lead'
    group by grouping sets ((entries.created_month_starts_on, entries.channel), (entries.created_month_starts_on))
),

-- The company in every month, a channel in the months that have its cost or its count.
expected_unit_costs as (
    select
        months.month_starts_on,
        '(all)' as segment,
        kinds.kpi
    from {{ ref('int_kpi_months') }} as months
    cross join (select 'cpl' as kpi union all select 'cost_per_mql' union all select 'cost_per_sql') as kinds
    union
    select
        counts.month_starts_on,
        counts.segment,
        counts.kpi
    from counts
    union
    select
        costs.month_starts_on,
        costs.channel as segment,
        kinds.kpi
    from {{ ref('int_costs_monthly') }} as costs
    cross join (select 'cpl' as kpi union all select 'cost_per_mql' union all select 'cost_per_sql') as kinds
    where costs.team = 'marketing' and costs.channel <> '(none)'
),

unit_costs as (
    select
        expected.kpi,
        'default' as variant,
        expected.month_starts_on,
        expected.segment,
        'period' as basis,
        costs.cost_minor as numerator,
        coalesce(counts.counted, 0) as denominator,
        coalesce(counts.counted, 0) as n
    from expected_unit_costs as expected
    inner join {{ ref('int_kpi_months') }} as months
        on expected.month_starts_on = months.month_starts_on
    left join counts
        on expected.kpi = counts.kpi
        and expected.month_starts_on = counts.month_starts_on
        and expected.segment = counts.segment
    left join {{ ref('int_costs_monthly') }} as costs
        on expected.month_starts_on = costs.month_starts_on
        and expected.segment = costs.channel
        and costs.team = 'marketing'
),

-- Cost and impressions of the same ad rows: tools and salaries are no part of a price per impression.
impressions as (
    select
        days.month_starts_on,
        sum(costs.amount_reporting_minor) * 1000 as cost_for_thousand,
        sum(ads.impressions) as impressions
    from {{ ref('ad_performance_daily') }} as ads
    inner join {{ ref('int_costs_daily') }} as costs
        on costs.cost_kind = 'ad'
        and ads.performance_id = costs.cost_id
    inner join {{ ref('int_days') }} as days
        on ads.date_on = days.date_on
    where ads.impressions is not null
    group by days.month_starts_on
),

all_figures as (
    select
        unit_costs.*,
        case when unit_costs.numerator is null then 'no_cost_data' end as missing_reason,
        true as is_money
    from unit_costs
    union all
    select
        'cpm' as kpi,
        'default' as variant,
        months.month_starts_on,
        '(all)' as segment,
        'ads' as basis,
        impressions.cost_for_thousand as numerator,
        coalesce(impressions.impressions, 0) as denominator,
        impressions.impressions as n,
        case when impressions.cost_for_thousand is null then 'no_cost_data' end as missing_reason,
        true as is_money
    from {{ ref('int_kpi_months') }} as months
    left join impressions
        on months.month_starts_on = impressions.month_starts_on
),

figures as (
    select
        all_figures.*,
        cast(null as string) as cohort_basis,
        cast(null as boolean) as is_mature
    from all_figures
)

select
    {{ kpi_columns() }}
from figures
