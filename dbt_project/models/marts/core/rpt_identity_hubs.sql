-- Values that link nobody although several records carry them: who looks for a missing merge, or for an office phone, looks here.
with cut as (
    select
        links.applies_to,
        links.rule,
        links.evidence,
        links.cut_reason,
        max(links.degree) as records,
        cast(count(*) as bigint) as links_cut,
        min(links.other_record_key) as first_key
    from {{ ref('int_identity_links') }} as links
    where links.cut_reason in ('hub', 'free_mail')
    group by links.applies_to, links.rule, links.evidence, links.cut_reason
),

numbered as (
    select
        cut.rule,
        cut.evidence,
        records.record_id,
        row_number() over (partition by cut.rule, cut.evidence order by evidence.record_key) as record_number
    from cut
    inner join {{ ref('int_identity_evidence') }} as evidence
        on cut.rule = evidence.rule and cut.evidence = evidence.evidence
    inner join {{ ref('int_identity_records') }} as records
        on evidence.record_key = records.record_key
),

examples as (
    select
        numbered.rule,
        numbered.evidence,
        max(case when numbered.record_number = 1 then numbered.record_id end) as first_record_id,
        max(case when numbered.record_number = 2 then numbered.record_id end) as second_record_id,
        max(case when numbered.record_number = 3 then numbered.record_id end) as third_record_id
    from numbered
    where numbered.record_number <= 3
    group by numbered.rule, numbered.evidence
),

limits as (
    select
        rules.rule,
        rules.max_degree
    from {{ ref('stg_definitions__identity_rules') }} as rules
    where {{ holds_on('rules', evaluation_date()) }}
)

select
    cut.applies_to,
    cut.rule,
    {{ evidence_key('cut.rule', 'cut.evidence') }} as evidence_key,
    cut.cut_reason,
    cut.records,
    limits.max_degree as records_allowed,
    cut.links_cut,
    examples.first_record_id,
    examples.second_record_id,
    examples.third_record_id,
    {{ build_fact('build_id') }} as build_id
from cut
inner join examples
    on cut.rule = examples.rule and cut.evidence = examples.evidence
inner join limits
    on cut.rule = limits.rule
