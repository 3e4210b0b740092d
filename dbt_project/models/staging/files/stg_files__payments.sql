select
    cast(payment_id as string) as payment_id,
    cast(deal_id as string) as deal_id,
    cast(account_id as string) as account_id,
    cast(person_id as string) as person_id,
    cast(paid_at as timestamp) as paid_at,
    cast(amount_minor as bigint) as amount_minor,
    cast(amount_vat_minor as bigint) as amount_vat_minor,
    cast(currency as string) as currency,
    cast(amounts_include_vat as boolean) as amounts_include_vat,
    cast(source_system as string) as source_system,
    cast(source_record_key as string) as source_record_key
from {{ source('raw_files', 'payments') }}
