{#- Union of `stg_<source>__<contract>` over the sources that fill the contract (var `contract_sources`).
    Columns are taken by name from the contract's own YAML order, which every staging model repeats. -#}
{% macro contract_union(contract) -%}
    {%- set sources = var('contract_sources') -%}
    {%- for source_name in sources.get(contract, sources['default']) %}
{% if not loop.first %}union all
{% endif %}select *
from {{ ref('stg_' ~ source_name ~ '__' ~ contract) }}
    {%- endfor %}
{%- endmacro %}
