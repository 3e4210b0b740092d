-- Passages that the CRM recorded and, beside them, the score states `sql_candidate` (D11). A score state has an order of its own.
with passages as (
    select
        events.event_id,
        events.lead_id,
        events.deal_id,
        events.stage,
        events.sequence,
        events.entered_at,
        events.left_at,
        events.direction,
        events.is_re_entry,
        events.source_system,
        events.pipeline,
        events.source_stage,
        events.source_record_key
    from {{ ref('int_stage_events_mapped') }} as events
    union all
    select
        states.event_id,
        states.lead_id,
        cast(null as string) as deal_id,
        states.stage,
        states.sequence,
        states.entered_at,
        states.left_at,
        cast('forward' as string) as direction,
        states.is_re_entry,
        states.source_system,
        cast(null as string) as pipeline,
        cast(null as string) as source_stage,
        states.source_record_key
    from {{ ref('int_score_states') }} as states
)

select
    passages.event_id,
    passages.lead_id,
    passages.deal_id,
    cast(passages.stage as string) as stage,
    passages.sequence,
    passages.entered_at,
    passages.left_at,
    passages.direction,
    passages.is_re_entry,
    passages.source_system,
    passages.pipeline,
    passages.source_stage,
    passages.source_record_key,
    {{ build_fact('build_id') }} as build_id
from passages
