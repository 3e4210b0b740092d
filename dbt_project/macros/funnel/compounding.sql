{#- What `rate` a period comes to after a number of periods, in parts per million: round((1 + rate)^periods × 10^6). Floating point
    inside, rounded to a whole number before anything is summed. -#}
{% macro compounded_millionths(rate, periods) -%}
    cast(round(power(1.0e0 + cast({{ rate }} as double), cast({{ periods }} as double)) * 1000000.0e0) as bigint)
{%- endmacro %}
