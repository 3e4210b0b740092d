{#- One row per record with the `person_id` or `account_id` that identity gives it: the first record of its component. The reason of
    a record is its link of the first priority; a record that nothing links has none. -#}
{% macro identified_records(applies_to) -%}
with ends as (
    select links.record_key, links.rule, links.priority, links.confidence
    from {{ ref('int_identity_links') }} as links
    where not links.is_cut and links.applies_to = '{{ applies_to }}'
    union all
    select links.other_record_key as record_key, links.rule, links.priority, links.confidence
    from {{ ref('int_identity_links') }} as links
    where not links.is_cut and links.applies_to = '{{ applies_to }}'
),

reasons as (
    select
        ends.record_key,
        min_by(ends.rule, ends.priority) as rule,
        min_by(ends.confidence, ends.priority) as confidence
    from ends
    group by ends.record_key
)

select
    records.record_id,
    coalesce(firsts.record_id, records.record_id) as {{ applies_to }}_id,
    records.record_key,
    records.kind,
    reasons.rule,
    reasons.confidence,
    records.created_at,
    records.source_record_key
from {{ ref('int_identity_records') }} as records
left join {{ ref('int_identity_components') }} as components
    on records.record_key = components.node
left join {{ ref('int_identity_records') }} as firsts
    on components.component = firsts.record_key
left join reasons
    on records.record_key = reasons.record_key
where records.applies_to = '{{ applies_to }}'
{%- endmacro %}
