select
    cast(annotation_id as string) as annotation_id,
    cast(kind as string) as kind,
    cast(occurred_at as timestamp) as occurred_at,
    cast(ended_at as timestamp) as ended_at,
    cast(campaign_id as string) as campaign_id,
    cast(note as string) as note,
    cast(source_system as string) as source_system,
    cast(source_record_key as string) as source_record_key
from {{ source('raw_files', 'annotations') }}
