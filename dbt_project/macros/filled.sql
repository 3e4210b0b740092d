{#- No row lacks a value in any of the columns. One query a model: a not_null test a column costs about 60 ms each, which was
    a third of the whole build (decision 12). -#}
{% test filled(model, columns) %}
select
    {{ columns | join(', ') }}
from {{ model }}
where {% for column in columns %}{{ column }} is null{% if not loop.last %} or {% endif %}{% endfor %}
{% endtest %}
