select
    payments.payment_id,
    payments.deal_id,
    payments.account_id,
    payments.person_id,
    payments.paid_at,
    payments.paid_on,
    payments.amount_minor,
    payments.amount_vat_minor,
    payments.currency,
    payments.amount_reporting_minor,
    payments.source_system,
    payments.source_record_key,
    {{ build_fact('build_id') }} as build_id
from {{ ref('int_payments_valued') }} as payments
