-- What a customer was worth at the end of a month, for the retention of revenue: the recurring value where subscriptions
-- are on file, else the revenue of the twelve months that end there (§5, nrr).
{%- set has_subscriptions %}(select count(*) from {{ ref('subscriptions') }}) > 0{% endset %}
with months_ago as (
    select months.calendar_month_number - 1 as months_ago
    from {{ ref('int_calendar_months') }} as months
    where months.calendar_month_number <= 12
),

last_month as (
    select max(months.calendar_month_number) as calendar_month_number
    from {{ ref('int_calendar_months') }} as months
),

positions as (
    select
        'subscriptions' as basis,
        subscribed.customer_id,
        subscribed.calendar_month_number,
        subscribed.recurring_minor as value_minor
    from {{ ref('int_subscription_months') }} as subscribed
    where {{ has_subscriptions }}
    union all
    select
        {{ revenue_basis() }} as basis,
        moves.customer_id,
        moves.calendar_month_number + months_ago.months_ago as calendar_month_number,
        moves.revenue_minor as value_minor
    from {{ ref('int_customer_months') }} as moves
    cross join months_ago
    where not ({{ has_subscriptions }})
)

select
    positions.basis,
    positions.customer_id,
    positions.calendar_month_number,
    cast(sum(positions.value_minor) as bigint) as value_minor
from positions
cross join last_month
where positions.calendar_month_number <= last_month.calendar_month_number
group by positions.basis, positions.customer_id, positions.calendar_month_number
