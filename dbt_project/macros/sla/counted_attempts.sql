{#- The greedy scan of D36 over instants: an attempt counts when it lies at least a gap after the last one that *counted*. No window of
    fixed width gives it: of 10:00, 10:20 and 10:40 the third counts, because the second does not. -#}

{#- Distinct values of a group as an ascending list of the engine. -#}
{% macro ascending_list(expression) -%}
    {{ return(adapter.dispatch('ascending_list')(expression)) }}
{%- endmacro %}

{% macro duckdb__ascending_list(expression) -%}
    list_sort(list(distinct {{ expression }}))
{%- endmacro %}

{% macro default__ascending_list(expression) -%}
    array_sort(collect_set({{ expression }}))
{%- endmacro %}

{#- Of an ascending list of whole numbers those that count: the first, and each that is at least `gap` more than the last that counted. -#}
{% macro spaced_items(list, gap) -%}
    {{ return(adapter.dispatch('spaced_items')(list, gap)) }}
{%- endmacro %}

{#- What list_reduce has gathered is of the type of its items, hence each item is a list of one. -#}
{% macro duckdb__spaced_items(list, gap) -%}
    list_reduce(
        list_transform({{ list }}, lambda item: [item]),
        lambda counted, item: case when item[1] - counted[-1] >= {{ gap }} then list_concat(counted, item) else counted end
    )
{%- endmacro %}

{% macro default__spaced_items(list, gap) -%}
    aggregate(
        {{ list }},
        cast(array() as array<bigint>),
        (counted, item) -> case
            when size(counted) = 0 then array(item)
            when item - element_at(counted, -1) >= {{ gap }} then concat(counted, array(item))
            else counted
        end
    )
{%- endmacro %}

{#- Join that gives a row for every item of a list: columns `place` (from 0) and `item` of `alias`. -#}
{% macro join_items(list, alias) -%}
    cross join {{ adapter.dispatch('rows_of_list')(list) }} as {{ alias }} (place, item)
{%- endmacro %}

{#- Whole seconds since 1970 of a UTC timestamp. -#}
{% macro unix_seconds(timestamp_expression) -%}
    {{ seconds_between("timestamp '1970-01-01 00:00:00'", timestamp_expression) }}
{%- endmacro %}
