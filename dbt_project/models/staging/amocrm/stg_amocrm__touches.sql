-- Calls, letters and sms that the CRM noted, and finished tasks whose type the company has given a meaning (definition field_map:
-- 2 is a meeting where nothing else is said). Notes and tasks are of a lead or of a contact; those of a deleted lead are still
-- listed, and go with it.
with notes as (
    {{ newest_versions('amocrm', 'notes') | indent(4) }}
),

tasks as (
    {{ newest_versions('amocrm', 'tasks') | indent(4) }}
),

task_kinds as (
    select
        map.field as task_type_id,
        map.value as kind
    from {{ ref('stg_definitions__field_map') }} as map
    where map.source_system = 'amocrm' and map.object = 'task_type' and map.column_name = 'kind'
        and {{ holds_on('map', evaluation_date()) }}
),

noted as (
    select
        notes.account,
        'note:' || notes.entity_type || ':' || notes.id as touch_id,
        notes.entity_type,
        notes.entity_id,
        {{ unix_instant('notes.created_at') }} as occurred_at,
        case
            when notes.note_type in ('call_in', 'call_out') then 'call'
            when notes.note_type in ('sms_in', 'sms_out') then 'sms'
            else 'email'
        end as kind,
        case
            when notes.note_type in ('call_in', 'sms_in') then 'incoming'
            when notes.note_type in ('call_out', 'sms_out') then 'outgoing'
        end as direction,
        case
            when notes.note_type = 'sms_in' then 'replied'
            when notes.note_type in ('call_in', 'call_out') and notes.call_status = '4' then 'answered'
            when notes.note_type in ('call_in', 'call_out') and notes.call_status is not null then 'unanswered'
            when notes.note_type in ('call_in', 'call_out') and {{ whole_or_null('notes.duration') }} > 0 then 'answered'
        end as outcome,
        case when notes.note_type in ('call_in', 'call_out') then {{ whole_or_null('notes.duration') }} end as talk_seconds,
        coalesce(nullif(notes.created_by, '0'), nullif(notes.responsible_user_id, '0')) as owner_id,
        {{ raw_record_key('amocrm', 'notes', 'notes') }} as source_record_key
    from notes
),

done as (
    select
        tasks.account,
        'task:' || tasks.id as touch_id,
        tasks.entity_type,
        tasks.entity_id,
        -- a meeting is held at the time it was set for, or was closed earlier
        least({{ unix_instant('tasks.complete_till') }}, {{ unix_instant('tasks.updated_at') }}) as occurred_at,
        task_kinds.kind,
        'outgoing' as direction,
        case when task_kinds.kind in ('meeting', 'discovery', 'demo') then 'held' end as outcome,
        cast(null as bigint) as talk_seconds,
        nullif(tasks.responsible_user_id, '0') as owner_id,
        {{ raw_record_key('amocrm', 'tasks', 'tasks') }} as source_record_key
    from tasks
    inner join task_kinds
        on tasks.task_type_id = task_kinds.task_type_id
    where tasks.is_completed = 'true'
),

all_touches as (
    select * from noted
    union all
    select * from done
)

select
    cast(all_touches.touch_id as string) as touch_id,
    cast(case when all_touches.entity_type in ('contacts', 'contact') then all_touches.entity_id end as string) as person_id,
    cast(case when all_touches.entity_type in ('companies', 'company') then all_touches.entity_id end as string) as account_id,
    cast(case when all_touches.entity_type in ('leads', 'lead') then all_touches.entity_id end as string) as lead_id,
    cast(null as string) as deal_id,
    cast(null as string) as client_id,
    cast(null as string) as session_id,
    cast(all_touches.occurred_at as timestamp) as occurred_at,
    cast(null as bigint) as source_sequence,
    cast(all_touches.kind as string) as kind,
    cast(all_touches.direction as string) as direction,
    cast(all_touches.outcome as string) as outcome,
    cast(all_touches.talk_seconds as bigint) as talk_seconds,
    cast(null as boolean) as is_automated,
    cast(all_touches.owner_id as string) as owner_id,
    cast(null as string) as team,
    cast(null as string) as campaign_id,
    cast(null as bigint) as cost_minor,
    cast(null as string) as currency,
    cast(null as string) as channel_label,
    cast(null as string) as utm_source,
    cast(null as string) as utm_medium,
    cast(null as string) as utm_campaign,
    cast(null as string) as utm_content,
    cast(null as string) as utm_term,
    cast(null as string) as referrer_domain,
    cast(null as string) as click_id_kind,
    cast('amocrm' as string) as source_system,
    cast(all_touches.source_record_key as string) as source_record_key
from all_touches
left join {{ ref('stg_amocrm__objects_gone') }} as gone
    on all_touches.account = gone.account
    and all_touches.entity_id = gone.id
    and all_touches.entity_type in ('leads', 'lead')
    and gone.object = 'lead'
where gone.id is null
