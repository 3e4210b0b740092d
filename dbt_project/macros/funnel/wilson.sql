{#- Bound of the Wilson 90 % interval of a proportion (D8), six digits; `sign` is `-` for the lower and `+` for the upper.
    Floating point inside, rounded before anything depends on it. Null when there is nothing to divide by. -#}
{% macro wilson_bound(numerator, denominator, sign) -%}
{%- set z = '1.6448536269514722e0' -%}
{%- set n = 'cast(' ~ denominator ~ ' as double)' -%}
{%- set p = '(cast(' ~ numerator ~ ' as double) / ' ~ n ~ ')' -%}
case
    when {{ denominator }} > 0 and {{ numerator }} between 0 and {{ denominator }} then cast(
        round(
            ({{ p }} + {{ z }} * {{ z }} / (2.0e0 * {{ n }})
                {{ sign }} {{ z }} * sqrt({{ p }} * (1.0e0 - {{ p }}) / {{ n }} + {{ z }} * {{ z }} / (4.0e0 * {{ n }} * {{ n }})))
            / (1.0e0 + {{ z }} * {{ z }} / {{ n }}),
            6
        ) as decimal(38, 9)
    )
end
{%- endmacro %}
