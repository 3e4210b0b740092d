{#- Typed rows of one definitions file with the span of each version.

    name: file name without .csv; columns: {column: type} of the file's own columns, in order; natural_key: what one
    definition is identified by across its versions; is_versioned: false for files without `valid_from`.
    Adds `valid_to` (the next `valid_from` of the same natural key; null = still valid), `applies_from` (the
    `valid_from`, except that the first version reaches back without limit: data older than the definitions can only
    be read by the oldest of them) and `definition_version` (`<name>@<pull>`). -#}
{% macro definition_rows(name, columns, natural_key, is_versioned=true) -%}
{%- set order = "coalesce(cast(valid_from as date), cast('0001-01-01' as date))" -%}
{%- set versions = 'over (partition by ' ~ natural_key | join(', ') ~ ' order by ' ~ order ~ ')' -%}
select
    {%- for column, type in columns.items() %}
    cast({{ column }} as {{ type }}) as {{ column }},
    {%- endfor %}
    {%- if is_versioned %}
    cast(valid_from as date) as valid_from,
    lead(cast(valid_from as date)) {{ versions }} as valid_to,
    case when row_number() {{ versions }} = 1 then cast('0001-01-01' as date) else cast(valid_from as date) end as applies_from,
    cast(recorded_on as date) as recorded_on,
    cast(marketing_owner as string) as marketing_owner,
    cast(sales_owner as string) as sales_owner,
    {%- endif %}
    cast(_row as bigint) as row_number,
    cast('{{ name }}@' || cast(_pull as string) as string) as definition_version
from {{ source('raw_definitions', name) }}
{%- endmacro %}

{#- Whether a version of a definition holds on a local date. `alias` is a `stg_definitions__*` relation. -#}
{% macro holds_on(alias, date_expression) -%}
    ({{ date_expression }} >= {{ alias }}.applies_from
        and ({{ alias }}.valid_to is null or {{ date_expression }} < {{ alias }}.valid_to))
{%- endmacro %}

{#- Local date of the build's evaluation instant (D3): the day whose definitions a report of today uses. -#}
{% macro evaluation_date() -%}
    {{ local_date(build_fact('evaluated_at')) }}
{%- endmacro %}

{#- Value of one policy in force on the evaluation date, as text (null when it is not set). -#}
{% macro policy(name) -%}
    (
        select max(policies.value)
        from {{ ref('stg_definitions__policies') }} as policies
        where policies.name = '{{ name }}' and {{ holds_on('policies', evaluation_date()) }}
    )
{%- endmacro %}
