with deals_with_sql as (
    {{ deals_with_close() | indent(4) }}
),

closed_deals as (
    select
        deals_with_sql.*,
        {{ local_date('deals_with_sql.closed_at') }} as closed_on
    from deals_with_sql
),

-- Leads marked duplicate or test are no unit of count (D6).
main_passages as (
    select
        events.stage,
        events.entered_at,
        events.left_at,
        {{ local_date('events.left_at') }} as left_on
    from {{ ref('int_stage_passages') }} as events
    inner join {{ ref('int_stages_ranked') }} as stages
        on events.stage = stages.stage
        and stages.is_main_chain
    inner join {{ ref('int_leads_standing') }} as counted
        on events.lead_id = counted.lead_id
    where events.left_at <= {{ build_fact('evaluated_at') }}
),

-- Negative cycles are left out of the median; the deal stays elsewhere.
cycles as (
    select
        days.month_starts_on,
        closed_deals.outcome,
        count(*) as deals,
        cast(round(median({{ seconds_between('closed_deals.sql_reached_at', 'closed_deals.closed_at') }}), 0) as bigint) as median_seconds
    from closed_deals
    inner join {{ ref('int_days') }} as days
        on closed_deals.closed_on = days.date_on
    where closed_deals.sql_reached_at <= closed_deals.closed_at
        and closed_deals.closed_at <= {{ build_fact('evaluated_at') }}
    group by days.month_starts_on, closed_deals.outcome
),

passages as (
    select
        days.month_starts_on,
        coalesce(events.stage, '(all)') as stage,
        count(*) as passages,
        cast(round(median({{ seconds_between('events.entered_at', 'events.left_at') }}), 0) as bigint) as median_seconds
    from main_passages as events
    inner join {{ ref('int_days') }} as days
        on events.left_on = days.date_on
    group by grouping sets ((days.month_starts_on, events.stage), (days.month_starts_on))
),

-- Open deals at the end of the month (or at the evaluation instant inside it); the rest over the 180 days before.
velocity as (
    select
        months.month_starts_on,
        count(case
            when deals.opportunity_at < months.ends_at and (deals.closed_at is null or deals.closed_at >= months.ends_at) then 1
        end) as open_deals,
        count(case when {{ trailing_180_days('deals.closed_at', 'months.ends_at') }} then 1 end) as closed_deals,
        count(case when deals.outcome = 'won' and {{ trailing_180_days('deals.closed_at', 'months.ends_at') }} then 1 end) as won_deals,
        sum(case when deals.outcome = 'won' and {{ trailing_180_days('deals.closed_at', 'months.ends_at') }} then deals.amount_reporting_minor end)
            as won_minor,
        cast(round(median(case
            when deals.outcome = 'won' and deals.sql_reached_at <= deals.closed_at and {{ trailing_180_days('deals.closed_at', 'months.ends_at') }}
                then {{ seconds_between('deals.sql_reached_at', 'deals.closed_at') }}
        end), 0) as bigint) as cycle_seconds
    from {{ ref('int_kpi_months') }} as months
    cross join closed_deals as deals
    group by months.month_starts_on
),

all_figures as (
    select
        'cycle' as kpi,
        variants.variant,
        months.month_starts_on,
        'first reached SQL to close' as basis,
        cycles.median_seconds as numerator,
        cast(86400 as bigint) as denominator,
        cycles.deals as n,
        case when cycles.deals is null then 'no_denominator' end as missing_reason,
        false as is_money
    from {{ ref('int_kpi_months') }} as months
    cross join (select 'default' as variant, 'won' as outcome union all select 'lost' as variant, 'lost' as outcome) as variants
    left join cycles
        on months.month_starts_on = cycles.month_starts_on
        and variants.outcome = cycles.outcome
    union all
    select
        'days_in_stage' as kpi,
        case stages.stage when '(all)' then 'default' else stages.stage end as variant,
        months.month_starts_on,
        'completed passages' as basis,
        passages.median_seconds as numerator,
        cast(86400 as bigint) as denominator,
        passages.passages as n,
        case when passages.passages is null then 'no_denominator' end as missing_reason,
        false as is_money
    from {{ ref('int_kpi_months') }} as months
    cross join (
        select ranked.stage
        from {{ ref('int_stages_ranked') }} as ranked
        where ranked.is_main_chain
        union all
        select '(all)' as stage
    ) as stages
    left join passages
        on months.month_starts_on = passages.month_starts_on
        and stages.stage = passages.stage
    union all
    -- open × (won / closed) × (money / won) ÷ (cycle seconds / 86 400): the won deals cancel out
    select
        'money_velocity' as kpi,
        'default' as variant,
        months.month_starts_on,
        'trailing 180 days' as basis,
        {{ wide_product('velocity.open_deals', 'velocity.won_minor') }} * 86400 as numerator,
        {{ wide_product('velocity.closed_deals', 'velocity.cycle_seconds') }} as denominator,
        velocity.open_deals as n,
        case when coalesce(velocity.won_minor, 0) = 0 or coalesce(velocity.cycle_seconds, 0) = 0 then 'no_denominator' end as missing_reason,
        true as is_money
    from {{ ref('int_kpi_months') }} as months
    left join velocity
        on months.month_starts_on = velocity.month_starts_on
),

figures as (
    select
        all_figures.*,
        '(all)' as segment,
        cast(null as string) as cohort_basis,
        cast(null as boolean) as is_mature
    from all_figures
)

select
    {{ kpi_columns() }}
from figures
