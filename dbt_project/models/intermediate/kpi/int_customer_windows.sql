-- What each customer brings to retention and lifetime value in a month (§5, C14, C18): the value at the end of the month and
-- twelve months before, and the customer's part of every sum in `int_customer_lifetimes`. Intervals draw these customers.
with calendar as (
    select
        months.month_starts_on,
        calendar_months.calendar_month_number
    from {{ ref('int_kpi_months') }} as months
    inner join {{ ref('int_calendar_months') }} as calendar_months
        on months.month_starts_on = calendar_months.month_starts_on
),

windows as (
    select
        calendar.month_starts_on,
        months.calendar_month_number
    from calendar
    inner join {{ ref('int_calendar_months') }} as months
        on months.calendar_month_number between calendar.calendar_month_number - 11 and calendar.calendar_month_number
),

departures as (
    select
        before.customer_id,
        before.calendar_month_number + 1 as calendar_month_number,
        case when after.customer_id is null then 1 else 0 end as losses
    from {{ ref('int_subscription_months') }} as before
    left join {{ ref('int_subscription_months') }} as after
        on before.customer_id = after.customer_id
        and before.calendar_month_number + 1 = after.calendar_month_number
),

parts as (
    select
        calendar.month_starts_on, positions.customer_id,
        0 as opening_minor, positions.value_minor as closing_minor,
        0 as recurring_minor, 0 as subscribed_months, 0 as departure_months, 0 as departures, 0 as purchases
    from calendar
    inner join {{ ref('int_customer_positions') }} as positions
        on calendar.calendar_month_number = positions.calendar_month_number
    union all
    select
        calendar.month_starts_on, positions.customer_id,
        positions.value_minor as opening_minor, 0 as closing_minor,
        0 as recurring_minor, 0 as subscribed_months, 0 as departure_months, 0 as departures, 0 as purchases
    from calendar
    inner join {{ ref('int_customer_positions') }} as positions
        on calendar.calendar_month_number - 12 = positions.calendar_month_number
    union all
    select
        windows.month_starts_on, subscribed.customer_id,
        0 as opening_minor, 0 as closing_minor,
        subscribed.recurring_minor, 1 as subscribed_months, 0 as departure_months, 0 as departures, 0 as purchases
    from windows
    inner join {{ ref('int_subscription_months') }} as subscribed
        on windows.calendar_month_number = subscribed.calendar_month_number
    union all
    select
        windows.month_starts_on, departures.customer_id,
        0 as opening_minor, 0 as closing_minor,
        0 as recurring_minor, 0 as subscribed_months, 1 as departure_months, departures.losses as departures, 0 as purchases
    from windows
    inner join departures
        on windows.calendar_month_number = departures.calendar_month_number
    union all
    select
        windows.month_starts_on, moves.customer_id,
        0 as opening_minor, 0 as closing_minor,
        0 as recurring_minor, 0 as subscribed_months, 0 as departure_months, 0 as departures, moves.purchases
    from windows
    inner join {{ ref('int_customer_months') }} as moves
        on windows.calendar_month_number = moves.calendar_month_number
),

gathered as (
    select
        parts.month_starts_on,
        parts.customer_id,
        sum(parts.opening_minor) as opening_minor,
        sum(parts.closing_minor) as closing_minor,
        sum(parts.recurring_minor) as recurring_minor,
        sum(parts.subscribed_months) as subscribed_months,
        sum(parts.departure_months) as departure_months,
        sum(parts.departures) as departures,
        sum(parts.purchases) as purchases
    from parts
    group by parts.month_starts_on, parts.customer_id
),

based as (
    select
        gathered.*,
        retained.basis = 'subscriptions' as is_subscribed
    from gathered
    inner join {{ ref('int_revenue_retained') }} as retained
        on gathered.month_starts_on = retained.month_starts_on
)

-- Without subscriptions a customer of the twelve months counts for twelve, and so does one of the twelve before.
select
    based.month_starts_on,
    based.customer_id,
    cast(based.opening_minor as bigint) as opening_minor,
    cast(based.closing_minor as bigint) as closing_minor,
    cast(case when based.is_subscribed then based.recurring_minor else based.closing_minor end as bigint) as revenue_minor,
    cast(case when based.is_subscribed then based.subscribed_months when based.closing_minor > 0 then 12 else 0 end as bigint) as customer_months,
    cast(case when based.is_subscribed then based.departure_months when based.opening_minor > 0 then 12 else 0 end as bigint) as months_at_risk,
    cast(
        case
            when based.is_subscribed then based.departures
            when based.opening_minor > 0 and based.closing_minor <= 0 then 1
            else 0
        end as bigint
    ) as losses,
    cast(based.purchases as bigint) as purchases
from based
