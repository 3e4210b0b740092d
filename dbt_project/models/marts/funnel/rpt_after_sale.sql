with forms as (
    select 'renewal' as kind, 'deals' as evidence
    union all
    select 'upsell', 'deals'
    union all
    select 'cross_sell', 'deals'
    union all
    select 'repeat_purchase', 'deals'
    union all
    select 'renewal', 'subscriptions'
    union all
    select 'upsell', 'subscriptions'
    union all
    select 'cross_sell', 'subscriptions'
    union all
    select 'contraction', 'subscriptions'
    union all
    select 'churn', 'subscriptions'
    union all
    select 'return', 'subscriptions'
    union all
    select 'renewal', 'stages'
    union all
    select 'expansion', 'stages'
),

dated_events as (
    select
        events.*,
        {{ local_date('events.occurred_at') }} as occurred_on
    from {{ ref('int_after_sale_events') }} as events
),

counted as (
    select
        days.month_starts_on,
        events.kind,
        events.evidence,
        count(*) as events,
        count(distinct events.customer_id) as customers,
        sum(events.contract_minor) as contract_minor,
        sum(events.monthly_change_minor) as monthly_change_minor
    from dated_events as events
    inner join {{ ref('int_days') }} as days
        on events.occurred_on = days.date_on
    group by days.month_starts_on, events.kind, events.evidence
),

first_wins as (
    select
        deals.customer_id,
        min(deals.won_at) as first_won_at
    from {{ ref('int_deals_valued') }} as deals
    where deals.won_at <= {{ build_fact('evaluated_at') }}
    group by deals.customer_id
),

customers_before as (
    select
        months.month_starts_on,
        count(first_wins.customer_id) as customers
    from {{ ref('int_kpi_months') }} as months
    left join first_wins
        on months.starts_at > first_wins.first_won_at
    group by months.month_starts_on
),

known as (
    select
        (select count(*) from {{ ref('subscriptions') }}) > 0 as has_subscriptions,
        (select count(deals.product) from {{ ref('int_deals_valued') }} as deals where deals.won_at is not null) > 0 as has_products,
        (select count(*) from {{ ref('int_stage_events_mapped') }} as events where events.stage in ('retained', 'expanded')) > 0
            as has_after_sale_stages
),

figures as (
    select
        months.month_starts_on,
        months.period,
        forms.kind,
        forms.evidence,
        case
            when forms.evidence = 'subscriptions' and not known.has_subscriptions then 'no_subscriptions'
            when forms.evidence = 'stages' and not known.has_after_sale_stages then 'stage_not_recorded'
            when forms.evidence = 'deals' and forms.kind <> 'repeat_purchase' and not known.has_products then 'no_products'
        end as missing_reason,
        coalesce(counted.events, 0) as events,
        coalesce(counted.customers, 0) as customers,
        customers_before.customers as customers_before,
        counted.contract_minor,
        counted.monthly_change_minor
    from {{ ref('int_kpi_months') }} as months
    cross join forms
    cross join known
    inner join customers_before
        on months.month_starts_on = customers_before.month_starts_on
    left join counted
        on months.month_starts_on = counted.month_starts_on
        and forms.kind = counted.kind
        and forms.evidence = counted.evidence
)

select
    figures.month_starts_on as month,
    cast(figures.period as string) as period,
    cast(figures.kind as string) as kind,
    cast(figures.evidence as string) as evidence,
    cast(case when figures.missing_reason is null then figures.events end as bigint) as events,
    cast(case when figures.missing_reason is null then figures.customers end as bigint) as customers,
    cast(figures.customers_before as bigint) as customers_before,
    case when figures.missing_reason is null then {{ ratio('figures.customers', 'figures.customers_before') }} end as rate,
    cast(figures.contract_minor as bigint) as contract_minor,
    cast(figures.monthly_change_minor as bigint) as monthly_change_minor,
    cast({{ build_fact('reporting_currency') }} as string) as currency,
    cast(figures.missing_reason as string) as missing_reason,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from figures
