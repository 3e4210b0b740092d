select
    cast(answer_id as string) as answer_id,
    cast(lead_id as string) as lead_id,
    cast(criterion as string) as criterion,
    cast(level as string) as level,
    cast(answered_at as timestamp) as answered_at,
    cast(source_system as string) as source_system,
    cast(source_record_key as string) as source_record_key
from {{ source('raw_files', 'scoring_answers') }}
