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

{#- As `contract_union`, with the keys of people and accounts that identity gives them, so that whatever reads a contract reads
    one key a person. `person_record`: which record a row of `told` is of, null for a contract that names no people; `accounts`:
    its columns that name accounts. -#}
{% macro identified_union(contract, person_record='told.person_id', accounts=['account_id']) -%}
select
    {{ all_columns_but('told', (['person_id'] if person_record else []) + accounts) }}
    {%- if person_record %},
    coalesce(people.person_id, told.person_id) as person_id
    {%- endif %}
    {%- for column in accounts %},
    coalesce({{ column }}s.account_id, told.{{ column }}) as {{ column }}
    {%- endfor %}
from (
    {{ contract_union(contract) | indent(4) }}
) as told
    {%- if person_record %}
left join (
    select identified.record_id, identified.person_id
    from {{ ref('int_people_identified') }} as identified
    where identified.record_id <> identified.person_id
) as people
    on {{ person_record }} = people.record_id
    {%- endif %}
    {%- for column in accounts %}
left join (
    select identified.record_id, identified.account_id
    from {{ ref('int_accounts_identified') }} as identified
    where identified.record_id <> identified.account_id
) as {{ column }}s
    on told.{{ column }} = {{ column }}s.record_id
    {%- endfor %}
{%- endmacro %}

{#- The columns of a relation without some of them. -#}
{% macro all_columns_but(relation, columns) -%}
    {{ return(adapter.dispatch('all_columns_but')(relation, columns)) }}
{%- endmacro %}

{% macro duckdb__all_columns_but(relation, columns) -%}
    {{ relation }}.* exclude ({{ columns | join(', ') }})
{%- endmacro %}

{% macro default__all_columns_but(relation, columns) -%}
    {{ relation }}.* except ({{ columns | join(', ') }})
{%- endmacro %}
