select
    cast(decision_id as string) as decision_id,
    cast(campaign_id as string) as campaign_id,
    cast(decided_at as timestamp) as decided_at,
    cast(decision as string) as decision,
    cast(owner_id as string) as owner_id,
    cast(due_on as date) as due_on,
    cast(note as string) as note,
    cast(source_system as string) as source_system,
    cast(source_record_key as string) as source_record_key
from {{ source('raw_files', 'decisions') }}
