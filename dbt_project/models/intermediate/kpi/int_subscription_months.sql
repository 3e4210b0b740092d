-- Recurring value of a customer on the last day of each month (of the running month: on the evaluation date), in the
-- reporting currency at the rate of the day the subscription began, so that a rate that moves is no expansion.
with valued as (
    select
        subscriptions.subscription_id,
        coalesce(
            deals.customer_id,
            case
                when subscriptions.account_id is not null then 'account:' || subscriptions.account_id
                when subscriptions.person_id is not null then 'person:' || subscriptions.person_id
                else 'subscription:' || subscriptions.subscription_id
            end
        ) as customer_id,
        subscriptions.started_on,
        subscriptions.ended_on,
        {{ in_reporting_currency('subscriptions.monthly_amount_minor', 'subscriptions.currency') }} as recurring_minor
    from {{ ref('subscriptions') }} as subscriptions
    left join {{ ref('int_deals_valued') }} as deals
        on subscriptions.deal_id = deals.deal_id
    {{ join_rates('subscriptions.currency', 'subscriptions.started_on') }}
)

select
    valued.customer_id,
    months.calendar_month_number,
    months.month_starts_on,
    cast(sum(valued.recurring_minor) as bigint) as recurring_minor
from valued
inner join {{ ref('int_calendar_months') }} as months
    on valued.started_on <= months.last_on
    and (valued.ended_on is null or valued.ended_on > months.last_on)
where valued.recurring_minor > 0
group by valued.customer_id, months.calendar_month_number, months.month_starts_on
