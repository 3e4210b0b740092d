select
    cast(rejection_id as string) as rejection_id,
    cast(lead_id as string) as lead_id,
    cast(deal_id as string) as deal_id,
    cast(rejected_at as timestamp) as rejected_at,
    cast(kind as string) as kind,
    cast(source_reason as string) as source_reason,
    cast(owner_id as string) as owner_id,
    cast(source_system as string) as source_system,
    cast(source_record_key as string) as source_record_key
from {{ source('raw_files', 'rejections') }}
