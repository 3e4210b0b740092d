{#- Integer division towards minus infinity of two non-negative whole numbers, in 128 bits.
    `/` of decimals is floating point in DuckDB, so money must never meet it (DEFINITIONS D57). -#}
{% macro floor_divide(numerator, denominator) -%}
    {{ return(adapter.dispatch('floor_divide')(numerator, denominator)) }}
{%- endmacro %}

{% macro duckdb__floor_divide(numerator, denominator) -%}
    (cast({{ numerator }} as hugeint) // cast({{ denominator }} as hugeint))
{%- endmacro %}

{% macro default__floor_divide(numerator, denominator) -%}
    {#- `div` gives 64 bits on Spark and wraps around without a word; a dividend less its remainder divides without a rest -#}
    {%- set dividend = 'cast(' ~ numerator ~ ' as decimal(38, 0))' -%}
    {%- set divisor = 'cast(' ~ denominator ~ ' as decimal(38, 0))' -%}
    cast(({{ dividend }} - {{ dividend }} % {{ divisor }}) / {{ divisor }} as decimal(38, 0))
{%- endmacro %}

{#- Product of two whole numbers that may pass 64 bits (money times a running sum of parts). -#}
{% macro wide_product(left_expression, right_expression) -%}
    {{ return(adapter.dispatch('wide_product')(left_expression, right_expression)) }}
{%- endmacro %}

{% macro duckdb__wide_product(left_expression, right_expression) -%}
    (cast({{ left_expression }} as hugeint) * cast({{ right_expression }} as hugeint))
{%- endmacro %}

{% macro default__wide_product(left_expression, right_expression) -%}
    (cast({{ left_expression }} as decimal(38, 0)) * cast({{ right_expression }} as decimal(38, 0)))
{%- endmacro %}

{#- -1, 0 or 1. The function `sign` gives a double on Spark, and with it every product that it is part of. -#}
{% macro sign_of(expression) -%}
    (case when {{ expression }} < 0 then -1 when {{ expression }} > 0 then 1 when {{ expression }} = 0 then 0 end)
{%- endmacro %}

{#- Rate with nine decimals, half up, by integer division: numerator and denominator are whole numbers, the
    denominator 0 or null gives null (D5). Floating point would differ between engines in the last digit. -#}
{% macro ratio(numerator, denominator) -%}
    case
        when {{ denominator }} is null or {{ denominator }} = 0 or {{ numerator }} is null then null
        else cast(
            cast(
                {{ sign_of(numerator) }} * {{ sign_of(denominator) }}
                * {{ floor_divide(wide_product('abs(' ~ numerator ~ ')', '2000000000') ~ ' + abs(' ~ denominator ~ ')', wide_product('abs(' ~ denominator ~ ')', '2')) }}
                as decimal(28, 0)
            )
            {#- 28 + 9 + 1 digits: of a wider product Spark keeps six decimals only #}
            * cast('0.000000001' as decimal(9, 9))
            as decimal(38, 9)
        )
    end
{%- endmacro %}

{#- 2 to a whole power from 0 to 62, exactly: a double holds every power of two. -#}
{% macro power_of_two(exponent) -%}
    cast(round(power(2.0e0, {{ exponent }})) as bigint)
{%- endmacro %}
