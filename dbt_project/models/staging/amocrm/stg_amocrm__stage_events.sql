select
    cast(passages.event_id as string) as event_id,
    cast(passages.lead_id as string) as lead_id,
    cast(case when passages.entered_at >= histories.opportunity_at then passages.lead_id end as string) as deal_id,
    cast(passages.pipeline as string) as pipeline,
    cast(passages.source_stage as string) as source_stage,
    cast(passages.entered_at as timestamp) as entered_at,
    cast(null as timestamp) as left_at,
    cast(null as bigint) as amount_minor,
    cast(null as string) as currency,
    cast(passages.source_sequence as bigint) as source_sequence,
    cast(passages.owner_id as string) as owner_id,
    cast(passages.source_system as string) as source_system,
    cast(passages.source_record_key as string) as source_record_key
from {{ ref('stg_amocrm__stage_passages') }} as passages
left join {{ ref('stg_amocrm__histories') }} as histories
    on passages.account = histories.account and passages.lead_id = histories.lead_id
