{#- Numbers of a sample of `int_interval_samples`: name → expression for those that its statistic takes (ml/intervals.py), null
    for the others. -#}
{% macro sample_numbers(given) -%}
{%- set names = [
    'value', 'base', 'months_at_risk', 'losses', 'purchases', 'cycle_seconds',
    'cost_minor', 'other_cost_minor', 'margin_millionths', 'lifetime_cap_months', 'open_deals',
] -%}
{%- for name in names %}
cast({{ given.get(name, 'null') }} as bigint) as {{ name }}{% if not loop.last %},{% endif %}
{%- endfor %}
{%- endmacro %}
