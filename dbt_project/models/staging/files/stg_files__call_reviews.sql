select
    cast(review_id as string) as review_id,
    cast(touch_id as string) as touch_id,
    cast(lead_id as string) as lead_id,
    cast(owner_id as string) as owner_id,
    cast(reviewed_at as timestamp) as reviewed_at,
    cast(communication_quality as decimal(38, 9)) as communication_quality,
    cast(objections_raised as bigint) as objections_raised,
    cast(objections_handled as bigint) as objections_handled,
    cast(source_system as string) as source_system,
    cast(source_record_key as string) as source_record_key
from {{ source('raw_files', 'call_reviews') }}
