select
    cast(proposal_id as string) as proposal_id,
    cast(deal_id as string) as deal_id,
    cast(lead_id as string) as lead_id,
    cast(sent_at as timestamp) as sent_at,
    cast(accepted_at as timestamp) as accepted_at,
    cast(declined_at as timestamp) as declined_at,
    cast(amount_minor as bigint) as amount_minor,
    cast(currency as string) as currency,
    cast(source_system as string) as source_system,
    cast(source_record_key as string) as source_record_key
from {{ source('raw_files', 'proposals') }}
