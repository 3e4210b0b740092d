-- Contracts closed and payments received per month in the reporting currency; every month of the KPIs has a row.
-- `revenue_minor` is what the policy `revenue_event` names; without a payments source contracts stand in (D15).
-- Deals without any amount are no revenue of 0: the amount is null (D5).
{%- set contracts_minor %}
        case when contracts.deals > 0 then contracts.contracts_minor when bases.has_contract_amounts then 0 end
{%- endset %}
{%- set payments_minor %}
        case when payments.payments > 0 then payments.payments_minor when bases.has_payments_source then 0 end
{%- endset %}

with dated_deals as (
    select
        deals.won_at,
        {{ local_date('deals.won_at') }} as won_on,
        deals.amount_reporting_minor
    from {{ ref('int_deals_valued') }} as deals
    where deals.won_at <= {{ build_fact('evaluated_at') }}
),

contracts as (
    select
        days.month_starts_on,
        count(*) as deals,
        sum(deals.amount_reporting_minor) as contracts_minor
    from dated_deals as deals
    inner join {{ ref('int_days') }} as days
        on deals.won_on = days.date_on
    group by days.month_starts_on
),

payments as (
    select
        days.month_starts_on,
        count(*) as payments,
        sum(payments.amount_reporting_minor) as payments_minor
    from {{ ref('int_payments_valued') }} as payments
    inner join {{ ref('int_days') }} as days
        on payments.paid_on = days.date_on
    where payments.paid_at <= {{ build_fact('evaluated_at') }}
    group by days.month_starts_on
),

-- The first close of each customer, ever.
closes as (
    select
        deals.customer_id,
        min(case {{ policy('close_event') }} when 'paid' then deals.paid_at else deals.won_at end) as first_closed_at
    from {{ ref('int_deals_valued') }} as deals
    group by deals.customer_id
),

dated_closes as (
    select
        closes.first_closed_at,
        {{ local_date('closes.first_closed_at') }} as first_closed_on
    from closes
    where closes.first_closed_at <= {{ build_fact('evaluated_at') }}
),

new_customers as (
    select
        days.month_starts_on,
        count(*) as customers
    from dated_closes
    inner join {{ ref('int_days') }} as days
        on dated_closes.first_closed_on = days.date_on
    group by days.month_starts_on
),

bases as (
    select
        case
            when {{ policy('revenue_event') }} = 'paid' and {{ build_fact('has_payments_source') }} then 'payments'
            else 'contracts'
        end as basis,
        {{ build_fact('has_payments_source') }} as has_payments_source,
        (select count(deals.amount_reporting_minor) from {{ ref('int_deals_valued') }} as deals) > 0 as has_contract_amounts
)

select
    months.month_starts_on,
    months.month_number,
    bases.basis,
    bases.has_payments_source,
    cast(coalesce(contracts.deals, 0) as bigint) as deals,
    cast({{ contracts_minor }} as bigint) as contracts_minor,
    cast(coalesce(payments.payments, 0) as bigint) as payments,
    cast({{ payments_minor }} as bigint) as payments_minor,
    cast(case bases.basis when 'payments' then {{ payments_minor }} else {{ contracts_minor }} end as bigint) as revenue_minor,
    cast(coalesce(new_customers.customers, 0) as bigint) as new_customers
from {{ ref('int_kpi_months') }} as months
cross join bases
left join contracts
    on months.month_starts_on = contracts.month_starts_on
left join payments
    on months.month_starts_on = payments.month_starts_on
left join new_customers
    on months.month_starts_on = new_customers.month_starts_on
