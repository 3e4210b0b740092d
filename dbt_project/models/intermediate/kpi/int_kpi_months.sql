-- Months that KPIs are told for: from the first to the last month in which anything that a KPI counts happened, up to
-- the evaluation instant. Quiet months in between stay, so that a month without data is a row with a reason, not a
-- gap.
with won_deals as (
    select {{ local_date('deals.won_at') }} as won_on
    from {{ ref('int_deals_valued') }} as deals
),

activity as (
    select entries.reached_month_starts_on as month_starts_on
    from {{ ref('int_stage_entries') }} as entries
    union
    select entries.created_month_starts_on as month_starts_on
    from {{ ref('int_stage_entries') }} as entries
    union
    select days.month_starts_on
    from won_deals
    inner join {{ ref('int_days') }} as days
        on won_deals.won_on = days.date_on
    union
    select days.month_starts_on
    from {{ ref('int_payments_valued') }} as payments
    inner join {{ ref('int_days') }} as days
        on payments.paid_on = days.date_on
    union
    select days.month_starts_on
    from {{ ref('int_costs_daily') }} as costs
    inner join {{ ref('int_days') }} as days
        on costs.date_on = days.date_on
    union
    select visits.month_starts_on
    from {{ ref('int_visits_counted') }} as visits
),

bounds as (
    select
        min(activity.month_starts_on) as first_month,
        max(activity.month_starts_on) as last_month
    from activity
),

months as (
    select distinct
        days.month_starts_on,
        days.next_month_starts_on,
        days.period
    from {{ ref('int_days') }} as days
    cross join bounds
    where days.month_starts_on between bounds.first_month and bounds.last_month
        and days.month_starts_on <= {{ evaluation_date() }}
)

select
    months.month_starts_on,
    months.next_month_starts_on,
    months.period,
    {{ local_midnight('months.month_starts_on') }} as starts_at,
    {{ local_midnight('months.next_month_starts_on') }} as ends_at,
    cast(row_number() over (order by months.month_starts_on) as bigint) as month_number
from months
