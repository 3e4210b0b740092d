-- A table, because several models read it.
{{ config(materialized='table') }}

-- What the custom fields of leads, contacts and companies mean to the company (definition field_map): a field is named by its
-- id or its code. Of several values, and of several fields of one meaning, the first counts.
with leads as (
    {{ newest_versions('amocrm', 'leads') | indent(4) }}
),

contacts as (
    {{ newest_versions('amocrm', 'contacts') | indent(4) }}
),

companies as (
    {{ newest_versions('amocrm', 'companies') | indent(4) }}
),

lead_values as (
    select told.account, told.id, told.field_id, told.field_code, told.position, told.value
    from {{ custom_field_values('leads') }} as told
    union all
    select told.account, told.id, told.field_id, told.field_code, told.position, told.value
    from {{ custom_field_values('leads', 'custom_texts') }} as told
),

contact_values as (
    select told.account, told.id, told.field_id, told.field_code, told.position, told.value
    from {{ custom_field_values('contacts') }} as told
    union all
    select told.account, told.id, told.field_id, told.field_code, told.position, told.value
    from {{ custom_field_values('contacts', 'custom_texts') }} as told
),

company_values as (
    select told.account, told.id, told.field_id, told.field_code, told.position, told.value
    from {{ custom_field_values('companies') }} as told
    union all
    select told.account, told.id, told.field_id, told.field_code, told.position, told.value
    from {{ custom_field_values('companies', 'custom_texts') }} as told
),

named as (
    {%- for object in ['lead', 'contact', 'company'] %}
    {%- for name in ['field_id', 'field_code'] %}
    select
        '{{ object }}' as object,
        told.account,
        told.id,
        {{ lower_text('told.' ~ name) }} as field,
        told.position,
        told.value
    from {{ object }}_values as told
    where told.{{ name }} is not null and told.value is not null and trim(told.value) <> ''
    {%- if not (loop.last) %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

meanings as (
    select
        map.object,
        {{ lower_text('map.field') }} as field,
        map.column_name,
        {{ lower_text('trim(map.field_value)') }} as field_value,
        map.value,
        map.row_number
    from {{ ref('stg_definitions__field_map') }} as map
    where map.source_system = 'amocrm' and {{ holds_on('map', evaluation_date()) }}
),

meant as (
    select
        named.object,
        named.account,
        named.id,
        meanings.column_name,
        coalesce(meanings.value, trim(named.value)) as value,
        row_number() over (
            partition by named.object, named.account, named.id, meanings.column_name
            order by meanings.row_number, named.position
        ) as preference
    from named
    inner join meanings
        on named.object = meanings.object
        and named.field = meanings.field
        and coalesce(meanings.field_value, {{ lower_text('trim(named.value)') }}) = {{ lower_text('trim(named.value)') }}
)

select
    meant.object,
    meant.account,
    meant.id,
    meant.column_name,
    meant.value
from meant
where meant.preference = 1
