-- Payments net of VAT and in the reporting currency at the rate of their own local date (D4).
-- `amount_reporting_minor` stands on the company's `vat_basis`; it is null where no rate is known
-- (`rpt_missing_rates`).
with netted as (
    select
        payments.payment_id,
        payments.deal_id,
        payments.account_id,
        payments.person_id,
        payments.paid_at,
        {{ local_date('payments.paid_at') }} as paid_on,
        payments.amount_minor
        - case when payments.amounts_include_vat then coalesce(payments.amount_vat_minor, 0) else 0 end as amount_minor,
        payments.amount_vat_minor,
        payments.currency,
        payments.source_system,
        payments.source_record_key
    from {{ ref('payments') }} as payments
)

select
    netted.payment_id,
    netted.deal_id,
    coalesce(netted.account_id, deals.account_id) as account_id,
    coalesce(netted.person_id, deals.person_id) as person_id,
    netted.paid_at,
    netted.paid_on,
    netted.amount_minor,
    netted.amount_vat_minor,
    netted.currency,
    {{ in_reporting_currency(on_vat_basis('netted.amount_minor', 'netted.amount_vat_minor'), 'netted.currency') }} as amount_reporting_minor,
    netted.source_system,
    netted.source_record_key
from netted
left join {{ ref('deals') }} as deals
    on netted.deal_id = deals.deal_id
{{ join_rates('netted.currency', 'netted.paid_on') }}
