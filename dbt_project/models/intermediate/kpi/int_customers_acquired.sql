-- Customers with their first close ever (§5, cac_blended): the month is their acquisition cohort.
with closes as (
    select
        deals.customer_id,
        min(case {{ policy('close_event') }} when 'paid' then deals.paid_at else deals.won_at end) as first_closed_at
    from {{ ref('int_deals_valued') }} as deals
    group by deals.customer_id
),

dated as (
    select
        closes.customer_id,
        closes.first_closed_at,
        {{ local_date('closes.first_closed_at') }} as first_closed_on
    from closes
    where closes.first_closed_at <= {{ build_fact('evaluated_at') }}
)

select
    dated.customer_id,
    dated.first_closed_at,
    dated.first_closed_on,
    months.month_starts_on,
    months.calendar_month_number
from dated
inner join {{ ref('int_days') }} as days
    on dated.first_closed_on = days.date_on
inner join {{ ref('int_calendar_months') }} as months
    on days.month_starts_on = months.month_starts_on
