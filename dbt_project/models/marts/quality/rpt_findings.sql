-- Findings of the files, made at the door, and of what the files say of each other, made from the contracts.
with missing_rates as (
    select
        rates.entity,
        rates.currency,
        rates.reporting_currency,
        cast(sum(rates.rows_without_rate) as bigint) as occurrences,
        count(*) as days,
        min(rates.date_on) as first_on,
        max(rates.date_on) as last_on,
        cast(sum(rates.amount_minor) as bigint) as amount_minor
    from {{ ref('rpt_missing_rates') }} as rates
    group by rates.entity, rates.currency, rates.reporting_currency
),

found as (
    select
        findings.source,
        findings.stream,
        findings.pull,
        findings.file_name,
        findings.column_name,
        findings.finding,
        findings.occurrences,
        findings.rows_checked,
        findings.message
    from {{ ref('stg_landing__findings') }} as findings
    union all
    select
        '(all)' as source,
        findings.contract as stream,
        cast(null as bigint) as pull,
        cast(null as string) as file_name,
        findings.column_name,
        findings.finding,
        findings.occurrences,
        findings.rows_checked,
        findings.message
    from {{ ref('int_findings_campaigns') }} as findings
    {%- for model in ['int_findings_records', 'int_findings_spellings', 'int_findings_fields'] %}
    union all
    select
        findings.source_system as source,
        findings.contract as stream,
        cast(null as bigint) as pull,
        cast(null as string) as file_name,
        findings.column_name,
        findings.finding,
        findings.occurrences,
        findings.rows_checked,
        findings.message
    from {{ ref(model) }} as findings
    {%- endfor %}
    union all
    select
        '(all)' as source,
        missing_rates.entity as stream,
        cast(null as bigint) as pull,
        cast(null as string) as file_name,
        'currency' as column_name,
        'missing_rate' as finding,
        missing_rates.occurrences,
        cast(null as bigint) as rows_checked,
        (
            'No rate from ' || missing_rates.currency || ' to ' || missing_rates.reporting_currency || ' on ' || cast(missing_rates.days as string)
            || ' days between ' || cast(missing_rates.first_on as string) || ' and ' || cast(missing_rates.last_on as string) || ': '
            || coalesce(cast(missing_rates.amount_minor as string), 'an unknown number of') || ' minor units of ' || missing_rates.currency
            || ' are in no figure of the reporting currency; add the rates to fx_rates.csv.'
        ) as message
    from missing_rates
)

select
    {{ text_key(['found.source', 'found.stream', 'found.pull', 'found.file_name', 'found.column_name', 'found.finding', 'found.message']) }}
        as finding_id,
    found.source,
    found.stream,
    found.pull,
    found.file_name,
    found.column_name,
    cast(found.finding as string) as finding,
    found.occurrences,
    found.rows_checked,
    cast(found.message as string) as message,
    {{ build_fact('build_id') }} as build_id
from found
