-- What stood in the fields that answer the matrix (definition answer_map), each value from the instant at which it was put there. Where
-- the changes of a field are read as events (history_fields), what it held before the first change it held from the start.
-- Elsewhere an answer is as old as the version of the card in which it was first seen: never older than it may be.
with versions as (
    select
        told.*,
        pulls.account
    from {{ source('raw_amocrm', 'leads') }} as told
    inner join {{ ref('stg_landing__pulls') }} as pulls
        on told.pull = pulls.pull and pulls.source = 'amocrm' and pulls.stream = 'leads'
),

events as (
    {{ newest_versions('amocrm', 'events') | indent(4) }}
),

mapped_fields as (
    select distinct map.field
    from {{ ref('stg_definitions__answer_map') }} as map
    where map.source_system = 'amocrm' and {{ holds_on('map', evaluation_date()) }}
),

fields as (
    select
        mapped_fields.field,
        accounts.account,
        history.field is not null as has_history
    from mapped_fields
    cross join (select accounts.account from {{ source('raw_build', 'accounts') }} as accounts where accounts.source = 'amocrm') as accounts
    left join {{ source('raw_build', 'history_fields') }} as history
        on accounts.account = history.account and history.source = 'amocrm' and mapped_fields.field = history.field
),

versions_with_key as (
    select
        versions.account,
        versions.id || '|' || cast(versions.pull as string) || '|' || versions._row as id,
        versions.custom_fields_values
    from versions
),

answered as (
    select
        told.account,
        told.id,
        told.field_id,
        told.value
    from {{ custom_field_values('versions_with_key') }} as told
    inner join fields
        on told.account = fields.account and told.field_id = fields.field
    where told.position = 1
),

-- events tell of a chosen value by its number; a choice that was taken away is known from an older list
enums as (
    {{ newest_versions('amocrm', 'field_choices') | indent(4) }}
),

card_values as (
    select
        versions.account,
        versions.id as lead_id,
        fields.field as field_id,
        fields.has_history,
        answered.value,
        {{ whole_or_null('versions.updated_at') }} as seen_at,
        {{ whole_or_null('versions.created_at') }} as created_at,
        {{ raw_record_key('amocrm', 'leads', 'versions') }} as source_record_key,
        lag(answered.value) over (
            partition by versions.account, versions.id, fields.field
            order by versions.pull, cast(versions._row as bigint)
        ) as previous_value,
        row_number() over (
            partition by versions.account, versions.id, fields.field
            order by versions.pull desc, cast(versions._row as bigint) desc
        ) as recency
    from versions
    inner join fields
        on versions.account = fields.account
    left join answered
        on versions.account = answered.account
        and versions.id || '|' || cast(versions.pull as string) || '|' || versions._row = answered.id
        and fields.field = answered.field_id
),

changes as (
    select
        events.account,
        events.entity_id as lead_id,
        events.field_id,
        {{ whole_or_null('events.created_at') }} as changed_at,
        events.enum_before,
        events.enum_after,
        {{ raw_record_key('amocrm', 'events', 'events') }} as source_record_key,
        row_number() over (
            partition by events.account, events.entity_id, events.field_id
            order by {{ whole_or_null('events.created_at') }}, events.id
        ) as sequence
    from events
    inner join fields
        on events.account = fields.account and events.field_id = fields.field and fields.has_history
    where events.entity_type in ('lead', 'leads')
),

told as (
    select
        card_values.account,
        card_values.lead_id,
        card_values.field_id,
        case when changes.lead_id is null then card_values.value else enums.enum_value end as value,
        card_values.created_at as answered_at,
        cast(0 as bigint) as sequence,
        card_values.source_record_key
    from card_values
    left join changes
        on card_values.account = changes.account
        and card_values.lead_id = changes.lead_id
        and card_values.field_id = changes.field_id
        and changes.sequence = 1
    left join enums
        on changes.account = enums.account
        and changes.field_id = enums.field_id
        and changes.enum_before = enums.enum_id
        and enums.entity_type = 'leads'
    where card_values.has_history and card_values.recency = 1
    union all
    select
        changes.account,
        changes.lead_id,
        changes.field_id,
        enums.enum_value as value,
        changes.changed_at as answered_at,
        changes.sequence,
        changes.source_record_key
    from changes
    left join enums
        on changes.account = enums.account
        and changes.field_id = enums.field_id
        and changes.enum_after = enums.enum_id
        and enums.entity_type = 'leads'
    union all
    select
        card_values.account,
        card_values.lead_id,
        card_values.field_id,
        card_values.value,
        card_values.seen_at as answered_at,
        -card_values.recency as sequence,
        card_values.source_record_key
    from card_values
    where not card_values.has_history and card_values.value is distinct from card_values.previous_value
)

select
    told.account,
    told.lead_id,
    told.field_id,
    told.sequence,
    told.value,
    cast({{ unix_instant('cast(told.answered_at as string)') }} as timestamp) as answered_at,
    told.source_record_key
from told
inner join {{ ref('stg_amocrm__lead_cards') }} as leads
    on told.account = leads.account and told.lead_id = leads.id
where told.value is not null
