-- Cost in the reporting currency per month, team and channel (`(all)` = every channel and what belongs to none).
-- Amounts without a rate are left out (D4, `rpt_missing_rates`); a month without any cost has no row: missing is not
-- 0 (D5).
with dated as (
    select
        days.month_starts_on,
        costs.team,
        coalesce(costs.channel, '(none)') as channel,
        costs.amount_reporting_minor
    from {{ ref('int_costs_daily') }} as costs
    inner join {{ ref('int_days') }} as days
        on costs.date_on = days.date_on
    where costs.amount_reporting_minor is not null
        and costs.date_on <= {{ evaluation_date() }}
)

select
    dated.month_starts_on,
    dated.team,
    coalesce(dated.channel, '(all)') as channel,
    cast(sum(dated.amount_reporting_minor) as bigint) as cost_minor
from dated
group by grouping sets ((dated.month_starts_on, dated.team, dated.channel), (dated.month_starts_on, dated.team))
