{#- Rows of a relation with event_id, source_system, pipeline, source_stage and entered_at, each with `stage` and `is_opportunity`
    of the stage map; rows that no entry of the map names are left out. An entry for the source system and pipeline wins over one
    for the source system, that over `*`. -#}
{% macro mapped_stages(relation) -%}
select candidates.*
from (
    select
        passages.*,
        stage_map.stage,
        stage_map.is_opportunity,
        row_number() over (
            partition by passages.event_id
            order by
                case when stage_map.source_system = '*' then 1 else 0 end,
                case when stage_map.pipeline = '*' then 1 else 0 end,
                stage_map.stage
        ) as candidate
    from {{ relation }} as passages
    inner join {{ ref('stg_definitions__stage_map') }} as stage_map
        on {{ lower_text('trim(passages.source_stage)') }} = {{ lower_text('trim(stage_map.source_stage)') }}
        and (stage_map.source_system = '*' or stage_map.source_system = passages.source_system)
        and (stage_map.pipeline = '*' or stage_map.pipeline = passages.pipeline)
        and {{ holds_on('stage_map', local_date('passages.entered_at')) }}
) as candidates
where candidates.candidate = 1
{%- endmacro %}
