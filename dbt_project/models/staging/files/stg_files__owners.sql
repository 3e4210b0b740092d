select
    cast(owner_id as string) as owner_id,
    cast(owner_name as string) as owner_name,
    cast(team as string) as team,
    cast(manager_owner_id as string) as manager_owner_id,
    cast(region as string) as region,
    cast(calendar as string) as calendar,
    cast(is_human as boolean) as is_human,
    cast(started_on as date) as started_on,
    cast(ended_on as date) as ended_on,
    cast(source_system as string) as source_system,
    cast(source_record_key as string) as source_record_key
from {{ source('raw_files', 'owners') }}
