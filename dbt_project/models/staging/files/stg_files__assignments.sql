select
    cast(assignment_id as string) as assignment_id,
    cast(lead_id as string) as lead_id,
    cast(deal_id as string) as deal_id,
    cast(owner_id as string) as owner_id,
    cast(assigned_at as timestamp) as assigned_at,
    cast(source_system as string) as source_system,
    cast(source_record_key as string) as source_record_key
from {{ source('raw_files', 'assignments') }}
