{#- Local calendar date of a UTC timestamp in the company's time zone (D1). -#}
{% macro local_date(timestamp_expression) -%}
    {{ return(adapter.dispatch('local_date')(timestamp_expression)) }}
{%- endmacro %}

{% macro duckdb__local_date(timestamp_expression) -%}
    cast(timezone({{ build_fact('time_zone') }}, timezone('UTC', {{ timestamp_expression }})) as date)
{%- endmacro %}

{% macro default__local_date(timestamp_expression) -%}
    cast(from_utc_timestamp({{ timestamp_expression }}, {{ build_fact('time_zone') }}) as date)
{%- endmacro %}

{#- UTC timestamp at which a local date begins in the company's time zone. -#}
{% macro local_midnight(date_expression) -%}
    {{ return(adapter.dispatch('local_midnight')(date_expression)) }}
{%- endmacro %}

{% macro duckdb__local_midnight(date_expression) -%}
    timezone('UTC', timezone({{ build_fact('time_zone') }}, cast({{ date_expression }} as timestamp)))
{%- endmacro %}

{% macro default__local_midnight(date_expression) -%}
    to_utc_timestamp(cast({{ date_expression }} as timestamp), {{ build_fact('time_zone') }})
{%- endmacro %}

{#- Whole seconds from one timestamp to another (negative when reversed). -#}
{% macro seconds_between(start_expression, end_expression) -%}
    {{ return(adapter.dispatch('seconds_between')(start_expression, end_expression)) }}
{%- endmacro %}

{% macro duckdb__seconds_between(start_expression, end_expression) -%}
    cast(epoch({{ end_expression }}) - epoch({{ start_expression }}) as bigint)
{%- endmacro %}

{% macro default__seconds_between(start_expression, end_expression) -%}
    (unix_timestamp({{ end_expression }}) - unix_timestamp({{ start_expression }}))
{%- endmacro %}

{#- A timestamp or date moved by whole days. -#}
{% macro plus_days(expression, days) -%}
    {{ return(adapter.dispatch('plus_days')(expression, days)) }}
{%- endmacro %}

{% macro duckdb__plus_days(expression, days) -%}
    ({{ expression }} + to_days(cast({{ days }} as integer)))
{%- endmacro %}

{% macro default__plus_days(expression, days) -%}
    ({{ expression }} + make_dt_interval(cast({{ days }} as int)))
{%- endmacro %}
