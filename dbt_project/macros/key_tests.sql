{#- What is wrong with the rows of a model in one query: a row a problem, with how often it occurs. Values of the key `columns`
    that occur twice, rows without a value in `filled` (default: the key), and values outside a column's list in `accepted`.
    A test costs about 60 ms whatever it asks: a unique, a not_null and an accepted_values test a column were more than half
    of the whole build (decisions 12 and 81). -#}
{% test key(model, columns, filled=[], accepted={}) %}
select
    'repeated' as problem,
    cast(count(*) as bigint) as occurrences
from (
    select {{ columns | join(', ') }}
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
) as repeated
having count(*) > 0
union all
{{ wrong_values(model, filled or columns, accepted) }}
{% endtest %}

{#- As `key`, for a model whose rows are keyed elsewhere: a staging model in its contract. -#}
{% test filled(model, columns, accepted={}) %}
{{ wrong_values(model, columns, accepted) }}
{% endtest %}

{#- A row a column that lacks a value somewhere, and a row a value that is not among those accepted in its column; null is. -#}
{% macro wrong_values(model, filled, accepted) %}
select
    'missing: {{ filled | join(" or ") }}' as problem,
    cast(count(*) as bigint) as occurrences
from {{ model }}
where {% for column in filled %}{{ column }} is null{% if not loop.last %} or {% endif %}{% endfor %}
having count(*) > 0
{% for column, values in accepted.items() %}
union all
select
    concat('not accepted: {{ column }} = ', cast({{ column }} as string)) as problem,
    cast(count(*) as bigint) as occurrences
from {{ model }}
where cast({{ column }} as string) not in ({% for value in values %}'{{ value | lower if value is boolean else value }}'{% if not loop.last %}, {% endif %}{% endfor %})
group by {{ column }}
{% endfor %}
{% endmacro %}
