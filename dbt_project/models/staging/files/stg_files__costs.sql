select
    cast(cost_id as string) as cost_id,
    cast(team as string) as team,
    cast(category as string) as category,
    cast(campaign_id as string) as campaign_id,
    cast(channel as string) as channel,
    cast(started_on as date) as started_on,
    cast(ended_on as date) as ended_on,
    cast(amount_minor as bigint) as amount_minor,
    cast(amount_vat_minor as bigint) as amount_vat_minor,
    cast(currency as string) as currency,
    cast(source_system as string) as source_system,
    cast(source_record_key as string) as source_record_key
from {{ source('raw_files', 'costs') }}
