select
    cast(person_id as string) as person_id,
    cast(account_id as string) as account_id,
    cast(owner_id as string) as owner_id,
    cast(job_title as string) as job_title,
    cast(is_decision_maker as boolean) as is_decision_maker,
    cast(phone_token as string) as phone_token,
    cast(has_valid_phone as boolean) as has_valid_phone,
    cast(email_token as string) as email_token,
    cast(has_valid_email as boolean) as has_valid_email,
    cast(messenger_token as string) as messenger_token,
    cast(has_messenger as boolean) as has_messenger,
    cast(client_id as string) as client_id,
    cast(country as string) as country,
    cast(created_at as timestamp) as created_at,
    cast(source_system as string) as source_system,
    cast(source_record_key as string) as source_record_key
from {{ source('raw_files', 'people') }}
