{#- One row per key out of several records that describe the same thing (several systems or files know one account):
    per column the value of the first record, by source_record_key, that has one. A flag of `any_of` is true when one record says so:
    whoever can be called on one card can be called. -#}
{% macro merge_records(relation, key, columns, any_of=[]) -%}
select
    {{ key }},
    {%- for column in columns %}
    min_by({{ column }}, source_record_key) filter (where {{ column }} is not null) as {{ column }},
    {%- endfor %}
    {%- for column in any_of %}
    max({{ column }}) as {{ column }},
    {%- endfor %}
    cast(count(*) as bigint) as records,
    min_by(source_system, source_record_key) as source_system,
    min(source_record_key) as source_record_key
from {{ relation }}
group by {{ key }}
{%- endmacro %}
