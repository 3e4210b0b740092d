{#- Text that vendors write as JSON, read alike on both engines. -#}

{#- First element of a JSON array as text: `[11,12]` gives 11; null for an empty array and for null. -#}
{% macro json_first(expression) -%}
    {{ return(adapter.dispatch('json_first')(expression)) }}
{%- endmacro %}

{% macro duckdb__json_first(expression) -%}
    json_extract_string({{ expression }}, '$[0]')
{%- endmacro %}

{% macro default__json_first(expression) -%}
    get_json_object({{ expression }}, '$[0]')
{%- endmacro %}

{#- Relation with a row per value of every custom field of an object of amoCRM: account, id, field_id, field_code, value, enum_id,
    all text, and the position of the value. `relation` has account, id and the column: an array of fields, as the vendor writes
    them. -#}
{% macro custom_field_values(relation, column='custom_fields_values') -%}
    {{ return(adapter.dispatch('custom_field_values')(relation, column)) }}
{%- endmacro %}

{% macro duckdb__custom_field_values(relation, column) -%}
(
    select
        told.account,
        told.id,
        told.item.field_id as field_id,
        told.item.field_code as field_code,
        unnest(told.item['values']).value as value,
        unnest(told.item['values']).enum_id as enum_id,
        cast(generate_subscripts(told.item['values'], 1) as bigint) as position
    from (
        select
            cards.account,
            cards.id,
            unnest(from_json(
                cards.{{ column }},
                '[{"field_id":"VARCHAR","field_code":"VARCHAR","values":[{"value":"VARCHAR","enum_id":"VARCHAR"}]}]'
            )) as item
        from {{ relation }} as cards
    ) as told
)
{%- endmacro %}

{% macro default__custom_field_values(relation, column) -%}
(
    select
        told.account,
        told.id,
        told.item.field_id as field_id,
        told.item.field_code as field_code,
        one.value as value,
        one.enum_id as enum_id,
        cast(place + 1 as bigint) as position
    from (
        select
            cards.account,
            cards.id,
            item
        from {{ relation }} as cards
        lateral view explode(from_json(
            cards.{{ column }},
            'array<struct<field_id:string,field_code:string,values:array<struct<value:string,enum_id:string>>>>'
        )) items as item
    ) as told
    lateral view posexplode(told.item.`values`) ones as place, one
)
{%- endmacro %}
