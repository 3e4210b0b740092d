select
    cast(dispute_id as string) as dispute_id,
    cast(opened_at as timestamp) as opened_at,
    cast(settled_at as timestamp) as settled_at,
    cast(raised_by as string) as raised_by,
    cast(subject as string) as subject,
    cast(subject_id as string) as subject_id,
    cast(outcome as string) as outcome,
    cast(note as string) as note,
    cast(source_system as string) as source_system,
    cast(source_record_key as string) as source_record_key
from {{ source('raw_files', 'disputes') }}
