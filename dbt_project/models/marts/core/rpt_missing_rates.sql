with amounts as (
    select
        'deal' as entity,
        deals.currency,
        deals.valued_on as date_on,
        deals.amount_minor,
        deals.amount_reporting_minor
    from {{ ref('int_deals_valued') }} as deals
    union all
    select
        'payment' as entity,
        payments.currency,
        payments.paid_on as date_on,
        payments.amount_minor,
        payments.amount_reporting_minor
    from {{ ref('int_payments_valued') }} as payments
    union all
    select
        case costs.cost_kind when 'ad' then 'ad_performance' else 'cost' end as entity,
        costs.currency,
        costs.date_on,
        costs.amount_minor,
        costs.amount_reporting_minor
    from {{ ref('int_costs_daily') }} as costs
),

missing as (
    select
        amounts.entity,
        amounts.currency,
        amounts.date_on,
        count(*) as rows_without_rate,
        sum(amounts.amount_minor) as amount_minor
    from amounts
    where amounts.amount_minor is not null and amounts.amount_reporting_minor is null
    group by amounts.entity, amounts.currency, amounts.date_on
)

select
    cast(missing.entity as string) as entity,
    missing.currency,
    {{ build_fact('reporting_currency') }} as reporting_currency,
    missing.date_on,
    cast(missing.rows_without_rate as bigint) as rows_without_rate,
    cast(missing.amount_minor as bigint) as amount_minor,
    {{ build_fact('build_id') }} as build_id
from missing
