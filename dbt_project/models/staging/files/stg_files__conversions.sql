select
    cast(conversion_id as string) as conversion_id,
    cast(kind as string) as kind,
    cast(person_id as string) as person_id,
    cast(account_id as string) as account_id,
    cast(lead_id as string) as lead_id,
    cast(deal_id as string) as deal_id,
    cast(converted_at as timestamp) as converted_at,
    cast(revenue_minor as bigint) as revenue_minor,
    cast(currency as string) as currency,
    cast(source_system as string) as source_system,
    cast(source_record_key as string) as source_record_key
from {{ source('raw_files', 'conversions') }}
