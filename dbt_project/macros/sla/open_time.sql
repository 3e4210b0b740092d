{#- Open time of a calendar as a function of an instant, and its inverse (D33, D34), in whole seconds. Both are looked up by
    equality (timetable and UTC day; timetable and bucket of open time), so that millions of clocks are hash joins. -#}

{#- Join of the piece of a timetable's time line that an instant lies in; no piece for a null instant or timetable. -#}
{% macro join_calendar_piece(alias, timetable, instant) -%}
    left join {{ ref('int_calendar_pieces') }} as {{ alias }}
        on {{ timetable }} = {{ alias }}.timetable
        and cast({{ instant }} as date) = {{ alias }}.utc_on
        and {{ instant }} >= {{ alias }}.starts_at
        and {{ instant }} < {{ alias }}.next_starts_at
{%- endmacro %}

{#- Open seconds of the timetable before an instant inside the joined piece. -#}
{% macro open_seconds_at(alias, instant) -%}
    ({{ alias }}.open_seconds_before + least({{ seconds_between(alias ~ '.starts_at', instant) }}, {{ alias }}.opened_seconds))
{%- endmacro %}

{#- Join of the piece in which a timetable has been open for a number of seconds. -#}
{% macro join_calendar_bucket(alias, timetable, open_seconds) -%}
    left join {{ ref('int_calendar_buckets') }} as {{ alias }}
        on {{ timetable }} = {{ alias }}.timetable
        and {{ open_seconds_bucket(open_seconds) }} = {{ alias }}.bucket
        and {{ open_seconds }} >= {{ alias }}.open_seconds_before
        and {{ open_seconds }} < {{ alias }}.open_seconds_before + {{ alias }}.opened_seconds
{%- endmacro %}

{#- The last instant at which the timetable has been open for no more than a number of seconds: inside the joined piece, or its
    beginning, the next opening after a closing. -#}
{% macro instant_of_open_seconds(alias, open_seconds) -%}
    {{ plus_seconds(alias ~ '.starts_at', open_seconds ~ ' - ' ~ alias ~ '.open_seconds_before') }}
{%- endmacro %}

{#- Number of the bucket of open time, one day of it each: no piece is longer, so it lies in one or two. -#}
{% macro open_seconds_bucket(open_seconds) -%}
    cast({{ floor_divide(open_seconds, '86400') }} as bigint)
{%- endmacro %}

{#- Seconds as minutes with nine decimals, half up. -#}
{% macro minutes_of(seconds) -%}
    cast({{ ratio(seconds, '60') }} as decimal(18, 9))
{%- endmacro %}

{#- Whether a clock stops by an event: `stop_events` is a list separated by |. -#}
{% macro stops_by(stop_events, event) -%}
    ('|' || {{ stop_events }} || '|' like '%|{{ event }}|%')
{%- endmacro %}
