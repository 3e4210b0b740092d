-- A table, because several models read it.
{{ config(materialized='table') }}

-- Entries of a lead into stages: the first is where it stood before its first change, later ones are the changes. Stages that
-- were deleted keep their numbers as names.
with events as (
    {{ newest_versions('amocrm', 'events') | indent(4) }}
),

changes as (
    select
        events.account,
        events.entity_id as lead_id,
        events.id as event_id,
        {{ unix_instant('events.created_at') }} as entered_at,
        events.pipeline_before,
        events.status_before,
        events.pipeline_after,
        events.status_after,
        events.created_by,
        {{ raw_record_key('amocrm', 'events', 'events') }} as source_record_key,
        row_number() over (
            partition by events.account, events.entity_id
            order by {{ whole_or_null('events.created_at') }}, events.id
        ) as sequence
    from events
    where events.type = 'lead_status_changed' and events.status_after is not null
),

passages as (
    select
        leads.account,
        leads.id as lead_id,
        leads.id || ':created' as event_id,
        {{ unix_instant('leads.created_at') }} as entered_at,
        coalesce(first_changes.pipeline_before, leads.pipeline_id) as pipeline_id,
        coalesce(first_changes.status_before, leads.status_id) as status_id,
        cast(0 as bigint) as source_sequence,
        cast(null as string) as owner_id,
        {{ raw_record_key('amocrm', 'leads', 'leads') }} as source_record_key
    from {{ ref('stg_amocrm__lead_cards') }} as leads
    left join changes as first_changes
        on leads.account = first_changes.account and leads.id = first_changes.lead_id and first_changes.sequence = 1
    union all
    select
        changes.account,
        changes.lead_id,
        changes.event_id,
        changes.entered_at,
        changes.pipeline_after as pipeline_id,
        changes.status_after as status_id,
        cast(changes.sequence as bigint) as source_sequence,
        nullif(changes.created_by, '0') as owner_id,
        changes.source_record_key
    from changes
    inner join {{ ref('stg_amocrm__lead_cards') }} as leads
        on changes.account = leads.account and changes.lead_id = leads.id
)

select
    passages.account,
    passages.event_id,
    passages.lead_id,
    coalesce(stages.pipeline, passages.pipeline_id) as pipeline,
    coalesce(stages.source_stage, passages.status_id) as source_stage,
    passages.entered_at,
    passages.source_sequence,
    passages.owner_id,
    'amocrm' as source_system,
    passages.source_record_key
from passages
left join {{ ref('stg_amocrm__stages') }} as stages
    on passages.account = stages.account
    and passages.pipeline_id = stages.pipeline_id
    and passages.status_id = stages.status_id
