select
    events.event_id,
    events.lead_id,
    events.deal_id,
    cast(events.stage as string) as stage,
    events.sequence,
    events.entered_at,
    events.left_at,
    events.direction,
    events.is_re_entry,
    events.source_system,
    events.pipeline,
    events.source_stage,
    events.source_record_key,
    {{ build_fact('build_id') }} as build_id
from {{ ref('int_stage_events_mapped') }} as events
