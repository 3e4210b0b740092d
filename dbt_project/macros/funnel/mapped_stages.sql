{#- Rows of a relation with event_id, source_system, pipeline, source_stage and entered_at, each with `stage` and `is_opportunity`
    of the stage map; rows that no entry of the map names are left out. An entry for the source system and pipeline wins over one
    for the source system, that over `*`.
    The map is resolved once for every name and span of its validity, not for every row: ranking the entries of ten million rows took
    longer than all that follows. -#}
{% macro mapped_stages(relation) -%}
with source_names as (
    select distinct
        passages.source_system,
        coalesce(passages.pipeline, '') as pipeline,
        passages.source_stage
    from {{ relation }} as passages
),

entries_of_names as (
    select
        source_names.source_system,
        source_names.pipeline,
        source_names.source_stage,
        stage_map.stage,
        stage_map.is_opportunity,
        case when stage_map.source_system = '*' then 1 else 0 end as is_of_any_source,
        case when stage_map.pipeline = '*' then 1 else 0 end as is_of_any_pipeline,
        case
            when stage_map.applies_from = cast('0001-01-01' as date) then cast('0001-01-01 00:00:00' as timestamp)
            else {{ local_midnight('stage_map.applies_from') }}
        end as applies_from_at,
        {{ local_midnight('stage_map.valid_to') }} as applies_until_at
    from source_names
    inner join {{ ref('stg_definitions__stage_map') }} as stage_map
        on {{ lower_text('trim(source_names.source_stage)') }} = {{ lower_text('trim(stage_map.source_stage)') }}
        and (stage_map.source_system = '*' or stage_map.source_system = source_names.source_system)
        and (stage_map.pipeline = '*' or stage_map.pipeline = source_names.pipeline)
),

spans as (
    select distinct
        entries.source_system,
        entries.pipeline,
        entries.source_stage,
        entries.applies_from_at as span_from_at
    from entries_of_names as entries
),

ranked_entries as (
    select
        spans.source_system,
        spans.pipeline,
        spans.source_stage,
        spans.span_from_at,
        entries.stage,
        entries.is_opportunity,
        row_number() over (
            partition by spans.source_system, spans.pipeline, spans.source_stage, spans.span_from_at
            order by entries.is_of_any_source, entries.is_of_any_pipeline, entries.stage
        ) as candidate
    from spans
    inner join entries_of_names as entries
        on spans.source_system = entries.source_system
        and spans.pipeline = entries.pipeline
        and spans.source_stage = entries.source_stage
        and spans.span_from_at >= entries.applies_from_at
        and (entries.applies_until_at is null or spans.span_from_at < entries.applies_until_at)
),

names_understood as (
    select
        ranked_entries.*,
        lead(ranked_entries.span_from_at) over (
            partition by ranked_entries.source_system, ranked_entries.pipeline, ranked_entries.source_stage
            order by ranked_entries.span_from_at
        ) as span_until_at
    from ranked_entries
    where ranked_entries.candidate = 1
)

select
    passages.*,
    names_understood.stage,
    names_understood.is_opportunity
from {{ relation }} as passages
inner join names_understood
    on passages.source_system = names_understood.source_system
    and coalesce(passages.pipeline, '') = names_understood.pipeline
    and passages.source_stage = names_understood.source_stage
    and passages.entered_at >= names_understood.span_from_at
    and (names_understood.span_until_at is null or passages.entered_at < names_understood.span_until_at)
{%- endmacro %}
