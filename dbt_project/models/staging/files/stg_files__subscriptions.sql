select
    cast(subscription_id as string) as subscription_id,
    cast(account_id as string) as account_id,
    cast(person_id as string) as person_id,
    cast(deal_id as string) as deal_id,
    cast(started_on as date) as started_on,
    cast(ended_on as date) as ended_on,
    cast(monthly_amount_minor as bigint) as monthly_amount_minor,
    cast(currency as string) as currency,
    cast(source_system as string) as source_system,
    cast(source_record_key as string) as source_record_key
from {{ source('raw_files', 'subscriptions') }}
