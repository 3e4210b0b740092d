{#- How the leads of a group sold, from a relation with mature_for_sql, reached_sql, mature_for_close and closed: counts, rates and
    their Wilson intervals (D8). -#}
{% macro sold_columns(relation) -%}
    cast({{ relation }}.mature_for_sql as bigint) as mature_for_sql,
    cast({{ relation }}.reached_sql as bigint) as reached_sql,
    {{ ratio(relation ~ '.reached_sql', relation ~ '.mature_for_sql') }} as sql_rate,
    {{ wilson_bound(relation ~ '.reached_sql', relation ~ '.mature_for_sql', '-') }} as sql_low,
    {{ wilson_bound(relation ~ '.reached_sql', relation ~ '.mature_for_sql', '+') }} as sql_high,
    cast({{ relation }}.mature_for_close as bigint) as mature_for_close,
    cast({{ relation }}.closed as bigint) as closed,
    {{ ratio(relation ~ '.closed', relation ~ '.mature_for_close') }} as closed_rate,
    {{ wilson_bound(relation ~ '.closed', relation ~ '.mature_for_close', '-') }} as closed_low,
    {{ wilson_bound(relation ~ '.closed', relation ~ '.mature_for_close', '+') }} as closed_high
{%- endmacro %}
