with unmapped as (
    select
        stage_events.source_system,
        stage_events.pipeline,
        stage_events.source_stage,
        count(*) as events,
        min(stage_events.entered_at) as first_entered_at,
        max(stage_events.entered_at) as last_entered_at,
        min(stage_events.source_record_key) as source_record_key
    from {{ ref('stage_events') }} as stage_events
    left join {{ ref('int_stage_events_mapped') }} as mapped
        on stage_events.event_id = mapped.event_id
    where mapped.event_id is null
    group by stage_events.source_system, stage_events.pipeline, stage_events.source_stage
)

select
    unmapped.source_system,
    unmapped.pipeline,
    unmapped.source_stage,
    cast(unmapped.events as bigint) as events,
    unmapped.first_entered_at,
    unmapped.last_entered_at,
    unmapped.source_record_key,
    {{ build_fact('build_id') }} as build_id
from unmapped
