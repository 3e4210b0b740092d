-- What the lifetime value of a customer is made of (§5, C14), over the twelve months that end with each month: revenue a
-- customer and month (ARPA), months at risk and customers lost, purchases a customer. With subscriptions a month at risk
-- is a customer with a recurring value at the end of the month before, without them a customer of the year before counts
-- for twelve. The lifetime is at most `lifetime_cap_months`, and that it is capped is said.
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

purchases as (
    select
        windows.month_starts_on,
        sum(moves.purchases) as purchases,
        count(distinct case when moves.purchases > 0 then moves.customer_id end) as purchasers
    from windows
    inner join {{ ref('int_customer_months') }} as moves
        on windows.calendar_month_number = moves.calendar_month_number
    group by windows.month_starts_on
),

subscribed as (
    select
        windows.month_starts_on,
        count(distinct subscribed.customer_id) as customers,
        count(*) as customer_months,
        sum(subscribed.recurring_minor) as revenue_minor
    from windows
    inner join {{ ref('int_subscription_months') }} as subscribed
        on windows.calendar_month_number = subscribed.calendar_month_number
    group by windows.month_starts_on
),

departures as (
    select
        before.calendar_month_number + 1 as calendar_month_number,
        count(*) as customers_at_risk,
        sum(case when after.customer_id is null then 1 else 0 end) as customers_lost
    from {{ ref('int_subscription_months') }} as before
    left join {{ ref('int_subscription_months') }} as after
        on before.customer_id = after.customer_id
        and before.calendar_month_number + 1 = after.calendar_month_number
    group by before.calendar_month_number
),

departed as (
    select
        windows.month_starts_on,
        sum(departures.customers_at_risk) as at_risk_months,
        sum(departures.customers_lost) as customers_lost
    from windows
    inner join departures
        on windows.calendar_month_number = departures.calendar_month_number
    group by windows.month_starts_on
),

bought as (
    select
        calendar.month_starts_on,
        count(case when positions.value_minor > 0 then 1 end) as customers,
        sum(positions.value_minor) as revenue_minor
    from calendar
    inner join {{ ref('int_customer_positions') }} as positions
        on calendar.calendar_month_number = positions.calendar_month_number
    group by calendar.month_starts_on
),

components as (
    select
        retained.month_starts_on,
        retained.basis,
        retained.has_history,
        coalesce(subscribed.customers, case when retained.basis <> 'subscriptions' then bought.customers end, 0) as customers,
        coalesce(subscribed.revenue_minor, case when retained.basis <> 'subscriptions' then bought.revenue_minor end, 0) as revenue_minor,
        coalesce(subscribed.customer_months, case when retained.basis <> 'subscriptions' then bought.customers * 12 end, 0) as customer_months,
        coalesce(departed.at_risk_months, case when retained.basis <> 'subscriptions' then retained.customers_at_opening * 12 end, 0)
            as at_risk_months,
        coalesce(departed.customers_lost, case when retained.basis <> 'subscriptions' then retained.customers_lost end, 0) as customers_lost,
        coalesce(purchases.purchases, 0) as purchases,
        coalesce(purchases.purchasers, 0) as purchasers
    from {{ ref('int_revenue_retained') }} as retained
    left join subscribed
        on retained.month_starts_on = subscribed.month_starts_on
    left join departed
        on retained.month_starts_on = departed.month_starts_on
    left join bought
        on retained.month_starts_on = bought.month_starts_on
    left join purchases
        on retained.month_starts_on = purchases.month_starts_on
),

capped as (
    select
        components.*,
        components.customers_lost = 0 or components.at_risk_months > components.customers_lost * {{ count_policy('lifetime_cap_months') }} as is_lifetime_capped
    from components
)

select
    capped.month_starts_on,
    cast(capped.basis as string) as basis,
    capped.has_history and capped.at_risk_months > 0 as has_history,
    cast(capped.customers as bigint) as customers,
    cast(capped.revenue_minor as bigint) as revenue_minor,
    cast(capped.customer_months as bigint) as customer_months,
    cast(capped.at_risk_months as bigint) as at_risk_months,
    cast(capped.customers_lost as bigint) as customers_lost,
    capped.is_lifetime_capped,
    cast(case when capped.is_lifetime_capped then {{ count_policy('lifetime_cap_months') }} else capped.at_risk_months end as bigint)
        as lifetime_numerator,
    cast(case when capped.is_lifetime_capped then 1 else capped.customers_lost end as bigint) as lifetime_denominator,
    cast(capped.purchases as bigint) as purchases,
    cast(capped.purchasers as bigint) as purchasers
from capped
