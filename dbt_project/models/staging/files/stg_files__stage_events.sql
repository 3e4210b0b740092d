select
    cast(event_id as string) as event_id,
    cast(lead_id as string) as lead_id,
    cast(deal_id as string) as deal_id,
    cast(pipeline as string) as pipeline,
    cast(source_stage as string) as source_stage,
    cast(entered_at as timestamp) as entered_at,
    cast(left_at as timestamp) as left_at,
    cast(amount_minor as bigint) as amount_minor,
    cast(currency as string) as currency,
    cast(source_sequence as bigint) as source_sequence,
    cast(owner_id as string) as owner_id,
    cast(source_system as string) as source_system,
    cast(source_record_key as string) as source_record_key
from {{ source('raw_files', 'stage_events') }}
