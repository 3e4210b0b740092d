{#- Arrays in ClickHouse's text form, one cell each: `[1,2]`, `['a','b\'c']`, `[]`; a vendor may escape the whole cell once
    more (`[\'a\']`). An array is taken apart into rows by `join_elements`; what stands in a row is then read by
    `element_text`, and the same place of a parallel array by `element_at`. -#}

{#- Join that gives a row for every element of an array: columns `place` (from 0) and `element` (as written) of `alias`.
    A row whose array is empty or null falls away. -#}
{% macro join_elements(array_text, alias) -%}
    cross join {{ adapter.dispatch('rows_of_array')(array_text) }} as {{ alias }} (place, element)
{%- endmacro %}

{% macro duckdb__rows_of_array(array_text) -%}
    {{ duckdb__rows_of_list(array_list(array_text)) }}
{%- endmacro %}

{% macro default__rows_of_array(array_text) -%}
    {{ default__rows_of_list(array_list(array_text)) }}
{%- endmacro %}

{#- Pairs `"name":"value"` of a flat JSON object of texts, as rows; otherwise as `join_elements`. -#}
{% macro join_json_pairs(object_text, alias) -%}
    cross join {{ adapter.dispatch('rows_of_json_pairs')(object_text) }} as {{ alias }} (place, element)
{%- endmacro %}

{% macro duckdb__rows_of_json_pairs(object_text) -%}
    {{ duckdb__rows_of_list(json_pair_list(object_text)) }}
{%- endmacro %}

{% macro default__rows_of_json_pairs(object_text) -%}
    {{ default__rows_of_list(json_pair_list(object_text)) }}
{%- endmacro %}

{#- A list as a relation of two columns, place from 0 and element; the list may be one of the relation that it is joined to. -#}
{% macro duckdb__rows_of_list(list) -%}
    lateral (select numbered.place - 1, numbered.element from unnest({{ list }}) with ordinality as numbered (element, place))
{%- endmacro %}

{% macro default__rows_of_list(list) -%}
    lateral posexplode({{ list }})
{%- endmacro %}

{#- The element at a place (from 0) of an array, as text; null where the array is shorter. -#}
{% macro element_at(array_text, place) -%}
    {{ element_text(list_item(array_list(array_text), place)) }}
{%- endmacro %}

{#- Text of an element as it stands in an array: a quoted one without its quotes and escapes. -#}
{% macro element_text(element) -%}
    {%- set inside = 'substr(' ~ element ~ ', 2, length(' ~ element ~ ') - 2)' -%}
    {#- a doubled backslash is put aside first, so that the letter after it is not taken for an escape -#}
    {%- set aside = 'replace(' ~ inside ~ ', chr(92) || chr(92), chr(1))' -%}
    {%- set tabs = 'replace(' ~ aside ~ ", chr(92) || 't', chr(9))" -%}
    {%- set lines = 'replace(' ~ tabs ~ ", chr(92) || 'n', chr(10))" -%}
    {%- set quotes = 'replace(' ~ lines ~ ', chr(92) || chr(39), chr(39))' -%}
    case when substr({{ element }}, 1, 1) = chr(39) then replace({{ quotes }}, chr(1), chr(92)) else {{ element }} end
{%- endmacro %}

{#- The elements of an array as they are written, as a list of the engine. -#}
{% macro array_list(array_text) -%}
    {#- a cell that was escaped as a whole begins with `[\` -#}
    {%- set aside = 'replace(' ~ array_text ~ ', chr(92) || chr(92), chr(1))' -%}
    {%- set once = 'replace(replace(' ~ aside ~ ', chr(92) || chr(39), chr(39)), chr(1), chr(92))' -%}
    {%- set written = 'case when substr(' ~ array_text ~ ', 2, 1) = chr(92) then ' ~ once ~ ' else ' ~ array_text ~ ' end' -%}
    {{ all_matches(written, '\\x27(?:[^\\x27\\x5C]|\\x5C.)*\\x27|[^\\[\\],\\x27\\s]+') }}
{%- endmacro %}

{#- The pairs of a flat JSON object of texts, as a list of the engine. -#}
{% macro json_pair_list(object_text) -%}
    {{ all_matches(object_text, '"[^"]*":"[^"]*"') }}
{%- endmacro %}

{#- Everything in a text that a regular expression finds, as a list of the engine. The pattern has no quotation mark. -#}
{% macro all_matches(expression, pattern) -%}
    {{ return(adapter.dispatch('all_matches')(expression, "'" ~ pattern ~ "'")) }}
{%- endmacro %}

{% macro duckdb__all_matches(expression, pattern) -%}
    regexp_extract_all({{ expression }}, {{ pattern }})
{%- endmacro %}

{% macro default__all_matches(expression, pattern) -%}
    regexp_extract_all({{ expression }}, r{{ pattern }}, 0)
{%- endmacro %}

{#- Item of a list at a place from 0; null past its end. -#}
{% macro list_item(list, place) -%}
    {{ return(adapter.dispatch('list_item')(list, place)) }}
{%- endmacro %}

{% macro duckdb__list_item(list, place) -%}
    {{ list }}[{{ place }} + 1]
{%- endmacro %}

{% macro default__list_item(list, place) -%}
    try_element_at({{ list }}, cast({{ place }} + 1 as int))
{%- endmacro %}
