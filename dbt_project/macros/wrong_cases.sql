{#- Cases of a macro whose result is not the expected one: pairs of an expression and the text of its value (none for null).
    Comparing texts compares the scale of a decimal and the seconds of an instant as well. -#}
{% macro wrong_cases(cases) -%}
{%- for expression, expected in cases %}
{% if not loop.first %}union all
{% endif -%}
select
    '{{ loop.index }}' as case_number,
    tried.got,
    tried.expected
from (
    select
        cast({{ expression }} as string) as got,
        {% if expected is none %}cast(null as string){% else %}'{{ expected }}'{% endif %} as expected
) as tried
where tried.got is distinct from tried.expected
{%- endfor %}
{%- endmacro %}
