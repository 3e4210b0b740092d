select
    cast(applies_to as string) as applies_to,
    cast(record_id as string) as record_id,
    cast(change_number as bigint) as change_number,
    cast(named_before as string) as named_before,
    cast(named as string) as named,
    cast(known_at as timestamp) as known_at,
    cast(is_first_look as boolean) as is_first_look
from {{ source('raw_frozen', 'identity_changes') }}
