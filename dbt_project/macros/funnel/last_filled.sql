{#- The last value that is not null among the rows before the current one, in a window `partition by … order by …`. -#}
{% macro last_filled(expression, window) -%}
    {{ return(adapter.dispatch('last_filled')(expression, window)) }}
{%- endmacro %}

{% macro duckdb__last_filled(expression, window) -%}
    last_value({{ expression }} ignore nulls) over ({{ window }} rows between unbounded preceding and 1 preceding)
{%- endmacro %}

{% macro default__last_filled(expression, window) -%}
    last_value({{ expression }}) ignore nulls over ({{ window }} rows between unbounded preceding and 1 preceding)
{%- endmacro %}
