{#- What is wrong with a key in one query a model: rows without a value in `filled`, and values of `columns` that occur twice.
    A test costs about 60 ms whatever it asks; a unique and a not_null test a column were half of the whole build (decision 12). -#}
{% test key(model, columns, filled=[]) %}
select
    'missing' as problem,
    cast(count(*) as bigint) as occurrences
from {{ model }}
where {% for column in filled or columns %}{{ column }} is null{% if not loop.last %} or {% endif %}{% endfor %}
having count(*) > 0
union all
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
{% endtest %}

{#- No row lacks a value in any of the columns. -#}
{% test filled(model, columns) %}
select
    {{ columns | join(', ') }}
from {{ model }}
where {% for column in columns %}{{ column }} is null{% if not loop.last %} or {% endif %}{% endfor %}
{% endtest %}
