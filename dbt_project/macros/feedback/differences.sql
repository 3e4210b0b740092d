{#- Bound of the 90 % interval of a sum and difference of independent proportions, six digits, from the Wilson interval of
    each (Newcombe's method 10; with more than two terms the recovery of variances of Zou and Donner). `terms` are pairs of
    `+` or `-` and a prefix, whose columns <prefix>_rate, <prefix>_low and <prefix>_high are read; `sign` is `-` for the lower
    bound and `+` for the upper. Null when one of them is null. -#}
{% macro bound_of_difference(terms, sign) -%}
cast(
    round(
        {%- for side, prefix in terms %}
        {{ side }} cast({{ prefix }}_rate as double)
        {%- endfor %}
        {{ sign }} sqrt(
            {%- for side, prefix in terms %}
            {%- set bound = 'low' if (side == '+') == (sign == '-') else 'high' %}
            {%- set distance = '(cast(' ~ prefix ~ '_rate as double) - cast(' ~ prefix ~ '_' ~ bound ~ ' as double))' %}
            {% if not loop.first %}+ {% endif %}{{ distance }} * {{ distance }}
            {%- endfor %}
        ),
        6
    ) as decimal(38, 9)
)
{%- endmacro %}

{#- What an interval of a difference says: `better` or `worse` when it leaves 0 out, `too_little_data` when one side has fewer
    than the smallest n, else `no_difference`. -#}
{% macro verdict_of_difference(low, high, is_too_small) -%}
case
    when {{ low }} is null or {{ high }} is null then null
    when {{ is_too_small }} then 'too_little_data'
    when {{ low }} > 0 then 'better'
    when {{ high }} < 0 then 'worse'
    else 'no_difference'
end
{%- endmacro %}
