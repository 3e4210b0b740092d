-- Values that the definition answer_map knows; the others are a finding.
with meanings as (
    select
        map.field,
        {{ lower_text('trim(map.field_value)') }} as field_value,
        map.criterion,
        map.level
    from {{ ref('stg_definitions__answer_map') }} as map
    where map.source_system = 'amocrm' and {{ holds_on('map', evaluation_date()) }}
)

select
    cast(told.lead_id || '|' || told.field_id || '|' || cast(told.sequence as string) as string) as answer_id,
    cast(told.lead_id as string) as lead_id,
    cast(meanings.criterion as string) as criterion,
    cast(meanings.level as string) as level,
    cast(told.answered_at as timestamp) as answered_at,
    cast('amocrm' as string) as source_system,
    cast(told.source_record_key as string) as source_record_key
from {{ ref('stg_amocrm__answer_values') }} as told
inner join meanings
    on told.field_id = meanings.field and {{ lower_text('trim(told.value)') }} = meanings.field_value
