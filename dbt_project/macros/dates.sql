{#- Local calendar date of a UTC timestamp in the company's time zone (D1). -#}
{% macro local_date(timestamp_expression) -%}
    {{ local_date_in(build_fact('time_zone'), timestamp_expression) }}
{%- endmacro %}

{#- Local calendar date of a UTC timestamp in a zone. -#}
{% macro local_date_in(zone, timestamp_expression) -%}
    {{ return(adapter.dispatch('local_date_in')(zone, timestamp_expression)) }}
{%- endmacro %}

{% macro duckdb__local_date_in(zone, timestamp_expression) -%}
    cast(timezone({{ zone }}, timezone('UTC', {{ timestamp_expression }})) as date)
{%- endmacro %}

{% macro default__local_date_in(zone, timestamp_expression) -%}
    cast(from_utc_timestamp({{ timestamp_expression }}, {{ zone }}) as date)
{%- endmacro %}

{#- UTC timestamp at which a local date begins in the company's time zone. -#}
{% macro local_midnight(date_expression) -%}
    {{ local_midnight_in(build_fact('time_zone'), date_expression) }}
{%- endmacro %}

{#- UTC timestamp at which a local date begins in a zone: the first of two midnights where the clock is put back over it
    (Havana), the end of the gap where it is put forward. -#}
{% macro local_midnight_in(zone, date_expression) -%}
    {{ return(adapter.dispatch('local_midnight_in')(zone, date_expression)) }}
{%- endmacro %}

{#- DuckDB takes the second of two midnights. -#}
{% macro duckdb__local_midnight_in(zone, date_expression) -%}
    {%- set midnight = "timezone('UTC', timezone(" ~ zone ~ ", cast(" ~ date_expression ~ " as timestamp)))" -%}
    case
        when {{ duckdb__local_date_in(zone, midnight ~ ' - to_hours(1)') }} = {{ date_expression }} then {{ midnight }} - to_hours(1)
        else {{ midnight }}
    end
{%- endmacro %}

{% macro default__local_midnight_in(zone, date_expression) -%}
    to_utc_timestamp(cast({{ date_expression }} as timestamp), {{ zone }})
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

{#- UTC timestamp of a local one in a zone: the first of two where the clock is put back over it, moved on by the gap where it is
    put forward. -#}
{% macro utc_of_local_in(zone, timestamp_expression) -%}
    {{ return(adapter.dispatch('utc_of_local_in')(zone, timestamp_expression)) }}
{%- endmacro %}

{#- DuckDB takes the second of two. -#}
{% macro duckdb__utc_of_local_in(zone, timestamp_expression) -%}
    {%- set instant = "timezone('UTC', timezone(" ~ zone ~ ', ' ~ timestamp_expression ~ '))' -%}
    case
        when timezone({{ zone }}, timezone('UTC', {{ instant }} - to_hours(1))) = {{ timestamp_expression }} then {{ instant }} - to_hours(1)
        else {{ instant }}
    end
{%- endmacro %}

{% macro default__utc_of_local_in(zone, timestamp_expression) -%}
    cast(to_utc_timestamp({{ timestamp_expression }}, {{ zone }}) as timestamp)
{%- endmacro %}

{#- A timestamp moved by whole seconds. -#}
{% macro plus_seconds(timestamp_expression, seconds) -%}
    {{ return(adapter.dispatch('plus_seconds')(timestamp_expression, seconds)) }}
{%- endmacro %}

{% macro duckdb__plus_seconds(timestamp_expression, seconds) -%}
    ({{ timestamp_expression }} + to_seconds(cast({{ seconds }} as bigint)))
{%- endmacro %}

{% macro default__plus_seconds(timestamp_expression, seconds) -%}
    ({{ timestamp_expression }} + make_dt_interval(0, 0, 0, cast({{ seconds }} as decimal(18, 6))))
{%- endmacro %}
