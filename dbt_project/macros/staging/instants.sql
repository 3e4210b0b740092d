{#- Text of Unix seconds as a UTC timestamp; null when it is no whole number. -#}
{% macro unix_instant(expression) -%}
    {{ return(adapter.dispatch('unix_instant')(whole_or_null(expression))) }}
{%- endmacro %}

{% macro duckdb__unix_instant(seconds) -%}
    make_timestamp({{ seconds }} * 1000000)
{%- endmacro %}

{% macro default__unix_instant(seconds) -%}
    cast(timestamp_seconds({{ seconds }}) as timestamp)
{%- endmacro %}

{#- Text as a whole number, null when it is none: what a vendor sends must not end a build, a test of the contract says it. -#}
{% macro whole_or_null(expression) -%}
    try_cast({{ expression }} as bigint)
{%- endmacro %}

{#- Text as true or false, null when it says neither. -#}
{% macro boolean_or_null(expression) -%}
    case {{ lower_text('trim(' ~ expression ~ ')') }} when 'true' then true when '1' then true when 'false' then false when '0' then false end
{%- endmacro %}
