{#- Whether an instant lies in the 180 days before an end (half-open, D1). -#}
{% macro trailing_180_days(instant, ends_at) -%}
    ({{ instant }} >= {{ plus_days(ends_at, -180) }} and {{ instant }} < {{ ends_at }} and {{ instant }} <= {{ build_fact('evaluated_at') }})
{%- endmacro %}
