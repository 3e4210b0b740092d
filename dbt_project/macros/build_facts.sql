{#- One fact of the running build (build_id, as_of_at, evaluated_at, time_zone ...) as a scalar subquery.
    The facts stand in a table, not in dbt variables: a changed variable makes dbt parse the whole project again (5-15 s). -#}
{% macro build_fact(name) -%}
    (select build.{{ name }} from {{ ref('stg_build__build') }} as build)
{%- endmacro %}
