-- What customers did after their first purchase (R4): won deals after the first, subscription periods after the first and the
-- end of the last, and the CRM's own passages into `retained` and `expanded`. The three are told apart by `evidence` and are
-- not to be summed: one renewal may be seen in all of them. Deals alone never prove that a customer left.
{%- set grace_days = 'cast(' ~ policy('renewal_grace_days') ~ ' as bigint)' %}

with won_deals as (
    select
        deals.deal_id,
        deals.customer_id,
        deals.product,
        deals.won_at,
        deals.amount_reporting_minor,
        deals.source_record_key,
        row_number() over (partition by deals.customer_id order by deals.won_at, deals.deal_id) as won_number,
        row_number() over (partition by deals.customer_id, deals.product order by deals.won_at, deals.deal_id) as product_number,
        lag(deals.amount_reporting_minor) over (
            partition by deals.customer_id, deals.product order by deals.won_at, deals.deal_id
        ) as previous_amount_minor,
        sum(case when deals.product is null then 1 else 0 end) over (
            partition by deals.customer_id order by deals.won_at, deals.deal_id rows between unbounded preceding and 1 preceding
        ) as earlier_without_product
    from {{ ref('int_deals_valued') }} as deals
    where deals.won_at <= {{ build_fact('evaluated_at') }}
),

later_deals as (
    select
        won_deals.*,
        case
            when won_deals.product is null or (won_deals.product_number = 1 and won_deals.earlier_without_product > 0) then 'repeat_purchase'
            when won_deals.product_number = 1 then 'cross_sell'
            when won_deals.amount_reporting_minor > won_deals.previous_amount_minor then 'upsell'
            else 'renewal'
        end as kind
    from won_deals
    where won_deals.won_number > 1
),

subscription_periods as (
    select
        subscriptions.subscription_id,
        subscriptions.deal_id,
        case
            when subscriptions.account_id is not null then 'account:' || subscriptions.account_id
            else coalesce(deals.customer_id, 'person:' || subscriptions.person_id, 'subscription:' || subscriptions.subscription_id)
        end as customer_id,
        subscriptions.started_on,
        coalesce(subscriptions.ended_on, cast('9999-12-31' as date)) as ended_on,
        subscriptions.monthly_amount_minor,
        subscriptions.currency,
        subscriptions.source_record_key
    from {{ ref('subscriptions') }} as subscriptions
    left join {{ ref('int_deals_valued') }} as deals
        on subscriptions.deal_id = deals.deal_id
    where subscriptions.started_on <= {{ evaluation_date() }}
),

-- `covered_until`: the last day so far on which any subscription of the customer runs, this one left out and included.
ordered_periods as (
    select
        periods.*,
        max(periods.ended_on) over (
            partition by periods.customer_id order by periods.started_on, periods.subscription_id
            rows between unbounded preceding and 1 preceding
        ) as covered_until_before,
        max(periods.ended_on) over (
            partition by periods.customer_id order by periods.started_on, periods.subscription_id
            rows between unbounded preceding and current row
        ) as covered_until,
        lag(periods.monthly_amount_minor) over (
            partition by periods.customer_id order by periods.started_on, periods.subscription_id
        ) as previous_amount_minor,
        lag(periods.currency) over (
            partition by periods.customer_id order by periods.started_on, periods.subscription_id
        ) as previous_currency,
        lead(periods.started_on) over (
            partition by periods.customer_id order by periods.started_on, periods.subscription_id
        ) as next_started_on
    from subscription_periods as periods
),

-- A period that begins while another runs stands beside it; one that begins within the grace days continues it.
subscription_steps as (
    select
        periods.subscription_id || ':start' as step_id,
        periods.subscription_id,
        periods.deal_id,
        periods.customer_id,
        periods.started_on as happened_on,
        case
            when periods.started_on < periods.covered_until_before then 'cross_sell'
            when periods.started_on > cast({{ plus_days('periods.covered_until_before', grace_days) }} as date) then 'return'
            when periods.currency = periods.previous_currency and periods.monthly_amount_minor > periods.previous_amount_minor then 'upsell'
            when periods.currency = periods.previous_currency and periods.monthly_amount_minor < periods.previous_amount_minor
                then 'contraction'
            else 'renewal'
        end as kind,
        case
            when periods.started_on < periods.covered_until_before
                or periods.started_on > cast({{ plus_days('periods.covered_until_before', grace_days) }} as date)
                then periods.monthly_amount_minor
            when periods.currency = periods.previous_currency then periods.monthly_amount_minor - periods.previous_amount_minor
        end as monthly_change_minor,
        periods.currency,
        periods.source_record_key
    from ordered_periods as periods
    where periods.covered_until_before is not null
        and periods.covered_until_before < cast('9999-12-31' as date)
    union all
    select
        periods.subscription_id || ':start' as step_id,
        periods.subscription_id,
        periods.deal_id,
        periods.customer_id,
        periods.started_on as happened_on,
        'cross_sell' as kind,
        periods.monthly_amount_minor as monthly_change_minor,
        periods.currency,
        periods.source_record_key
    from ordered_periods as periods
    where periods.covered_until_before = cast('9999-12-31' as date)
    union all
    select
        periods.subscription_id || ':end' as step_id,
        periods.subscription_id,
        periods.deal_id,
        periods.customer_id,
        periods.covered_until as happened_on,
        'churn' as kind,
        -periods.monthly_amount_minor as monthly_change_minor,
        periods.currency,
        periods.source_record_key
    from ordered_periods as periods
    where periods.covered_until < cast('9999-12-31' as date)
        and cast({{ plus_days('periods.covered_until', grace_days) }} as date) < {{ evaluation_date() }}
        and (
            periods.next_started_on is null
            or periods.next_started_on > cast({{ plus_days('periods.covered_until', grace_days) }} as date)
        )
),

leads_with_customer as (
    select
        deals.lead_id,
        min(deals.customer_id) as customer_id
    from {{ ref('int_deals_valued') }} as deals
    where deals.lead_id is not null
    group by deals.lead_id
),

gathered as (
    select
        'deal:' || later_deals.deal_id as event_id,
        'deals' as evidence,
        later_deals.kind,
        later_deals.customer_id,
        cast(null as string) as lead_id,
        later_deals.deal_id,
        cast(null as string) as subscription_id,
        later_deals.won_at as occurred_at,
        later_deals.amount_reporting_minor as contract_minor,
        cast(null as bigint) as monthly_change_minor,
        later_deals.source_record_key
    from later_deals
    union all
    select
        'subscription:' || steps.step_id as event_id,
        'subscriptions' as evidence,
        steps.kind,
        steps.customer_id,
        cast(null as string) as lead_id,
        steps.deal_id,
        steps.subscription_id,
        {{ local_midnight('steps.happened_on') }} as occurred_at,
        cast(null as bigint) as contract_minor,
        {{ in_reporting_currency('steps.monthly_change_minor', 'steps.currency') }} as monthly_change_minor,
        steps.source_record_key
    from subscription_steps as steps
    {{ join_rates('steps.currency', 'steps.happened_on') }}
    union all
    select
        'stage:' || events.event_id as event_id,
        'stages' as evidence,
        case events.stage when 'retained' then 'renewal' else 'expansion' end as kind,
        leads_with_customer.customer_id,
        events.lead_id,
        events.deal_id,
        cast(null as string) as subscription_id,
        events.entered_at as occurred_at,
        cast(null as bigint) as contract_minor,
        cast(null as bigint) as monthly_change_minor,
        events.source_record_key
    from {{ ref('int_stage_events_mapped') }} as events
    left join leads_with_customer
        on events.lead_id = leads_with_customer.lead_id
    where events.stage in ('retained', 'expanded')
        and events.entered_at <= {{ build_fact('evaluated_at') }}
)

select
    gathered.event_id,
    cast(gathered.evidence as string) as evidence,
    cast(gathered.kind as string) as kind,
    cast(case
        when gathered.kind = 'renewal' then 'retained'
        when gathered.kind in ('upsell', 'cross_sell', 'repeat_purchase', 'expansion') then 'expanded'
    end as string) as stage,
    gathered.customer_id,
    gathered.lead_id,
    gathered.deal_id,
    gathered.subscription_id,
    gathered.occurred_at,
    cast(gathered.contract_minor as bigint) as contract_minor,
    cast(gathered.monthly_change_minor as bigint) as monthly_change_minor,
    gathered.source_record_key
from gathered
