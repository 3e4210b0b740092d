select
    cast(plan_id as string) as plan_id,
    cast(kpi as string) as kpi,
    cast(period as string) as period,
    cast(segment as string) as segment,
    cast(value as decimal(38, 9)) as value,
    cast(currency as string) as currency,
    cast(source_system as string) as source_system,
    cast(source_record_key as string) as source_record_key
from {{ source('raw_files', 'plan') }}
