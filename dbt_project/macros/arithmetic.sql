{#- Integer division towards minus infinity of two non-negative whole numbers, in 128 bits.
    `/` of decimals is floating point in DuckDB, so money must never meet it (DEFINITIONS D57). -#}
{% macro floor_divide(numerator, denominator) -%}
    {{ return(adapter.dispatch('floor_divide')(numerator, denominator)) }}
{%- endmacro %}

{% macro duckdb__floor_divide(numerator, denominator) -%}
    (cast({{ numerator }} as hugeint) // cast({{ denominator }} as hugeint))
{%- endmacro %}

{% macro default__floor_divide(numerator, denominator) -%}
    (cast({{ numerator }} as decimal(38, 0)) div cast({{ denominator }} as decimal(38, 0)))
{%- endmacro %}

{#- Product of two whole numbers that may pass 64 bits (money times a running sum of parts). -#}
{% macro wide_product(left_expression, right_expression) -%}
    {{ return(adapter.dispatch('wide_product')(left_expression, right_expression)) }}
{%- endmacro %}

{% macro duckdb__wide_product(left_expression, right_expression) -%}
    (cast({{ left_expression }} as hugeint) * cast({{ right_expression }} as hugeint))
{%- endmacro %}

{% macro default__wide_product(left_expression, right_expression) -%}
    cast(cast({{ left_expression }} as decimal(19, 0)) * cast({{ right_expression }} as decimal(19, 0)) as decimal(38, 0))
{%- endmacro %}

{#- Rate with nine decimals, half up, by integer division: numerator and denominator are whole numbers, the
    denominator 0 or null gives null (D5). Floating point would differ between engines in the last digit. -#}
{% macro ratio(numerator, denominator) -%}
    case
        when {{ denominator }} is null or {{ denominator }} = 0 or {{ numerator }} is null then null
        else cast(
            cast(sign({{ numerator }}) * sign({{ denominator }}) as decimal(38, 0))
            * cast({{ floor_divide(wide_product('abs(' ~ numerator ~ ')', '2000000000') ~ ' + abs(' ~ denominator ~ ')', wide_product('abs(' ~ denominator ~ ')', '2')) }} as decimal(38, 0))
            * cast('0.000000001' as decimal(10, 9))
            as decimal(38, 9)
        )
    end
{%- endmacro %}
