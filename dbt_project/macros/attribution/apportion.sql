{#- Share of one touch in a whole-number amount >= 0 by cumulative floors (DEFINITIONS D57):
    floor(amount x C(i) / P) - floor(amount x C(i-1) / P). Over a journey the shares sum to the amount exactly. -#}
{% macro apportion(amount, parts_before, parts_through, parts_total) -%}
    {{ return(adapter.dispatch('apportion')(amount, parts_before, parts_through, parts_total)) }}
{%- endmacro %}

{#- Division of 128-bit integers is five times slower than of 64-bit ones (22 M rows: 12 s against 6 s), and only
    decay's parts of 2^30 need it, so each row takes the narrow way when the product provably fits. -#}
{% macro duckdb__apportion(amount, parts_before, parts_through, parts_total) -%}
    case
        when {{ amount }} <= 9223372036854775807 // {{ parts_total }}
            then ({{ amount }} * {{ parts_through }}) // {{ parts_total }} - ({{ amount }} * {{ parts_before }}) // {{ parts_total }}
        else {{ default__apportion(amount, parts_before, parts_through, parts_total) }}
    end
{%- endmacro %}

{% macro default__apportion(amount, parts_before, parts_through, parts_total) -%}
    cast(
        {{ floor_divide(wide_product(amount, parts_through), parts_total) }}
        - {{ floor_divide(wide_product(amount, parts_before), parts_total) }}
        as bigint
    )
{%- endmacro %}

{#- Share of one touch of `parts` (a relation with the columns of `int_journey_parts`): the amount over channels first, then what
    the channel got over its touches, both by the same floors (D57). -#}
{% macro apportion_to_touch(amount) -%}
    case
        when parts.channel_parts_total = 1 then {{ apportion(amount, 'parts.parts_before', 'parts.parts_through', 'parts.parts_total') }}
        else {{ apportion(
            '(' ~ apportion(amount, 'parts.channel_parts_before', 'parts.channel_parts_through', 'parts.channel_parts_total') ~ ')',
            'parts.parts_before', 'parts.parts_through', 'parts.parts_total'
        ) }}
    end
{%- endmacro %}
