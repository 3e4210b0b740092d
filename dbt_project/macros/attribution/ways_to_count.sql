{#- The four ways to count touches (D61): what D50 collapses once or every record, with and without the touches of sales. -#}
{% macro ways_to_count() -%}
    {%- for counting in ['once', 'every_record'] -%}
    {%- for touches_of in ['both_teams', 'marketing_only'] -%}
    select '{{ counting }}' as counting, '{{ touches_of }}' as touches_of
    {%- if not loop.last %} union all {% endif -%}
    {%- endfor -%}
    {%- if not loop.last %} union all {% endif -%}
    {%- endfor -%}
{%- endmacro %}
