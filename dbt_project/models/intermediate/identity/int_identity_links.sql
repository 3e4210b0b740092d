-- A value that several records carry links each of them to the first of them, so n records have n - 1 links. What is cut links
-- nobody and stays here with the reason: a hub (more records than the rule allows), a domain of free mail, a decision by hand.
with rules as (
    select
        rules.rule,
        rules.applies_to,
        rules.priority,
        rules.confidence,
        rules.max_degree
    from {{ ref('stg_definitions__identity_rules') }} as rules
    where rules.is_enabled and {{ holds_on('rules', evaluation_date()) }}
),

free_mail as (
    select distinct {{ company_domain('free_mail_domains.domain') }} as domain
    from {{ ref('stg_definitions__free_mail_domains') }} as free_mail_domains
    where {{ holds_on('free_mail_domains', evaluation_date()) }}
),

-- of the two records of a decision the first by key is the one that stays
decided as (
    select
        overrides.decision,
        overrides.author,
        least(records.record_key, other_records.record_key) as first_key,
        greatest(records.record_key, other_records.record_key) as second_key
    from {{ ref('stg_definitions__identity_overrides') }} as overrides
    inner join {{ ref('int_identity_records') }} as records
        on overrides.applies_to = records.applies_to and overrides.record_id = records.record_id
    inner join {{ ref('int_identity_records') }} as other_records
        on overrides.applies_to = other_records.applies_to and overrides.other_record_id = other_records.record_id
    where {{ holds_on('overrides', evaluation_date()) }}
),

shared as (
    select
        evidence.rule,
        evidence.evidence,
        cast(count(*) as bigint) as degree,
        min(evidence.record_key) as first_key
    from {{ ref('int_identity_evidence') }} as evidence
    inner join rules
        on evidence.rule = rules.rule
    group by evidence.rule, evidence.evidence
    having count(*) > 1
),

kept_apart as (
    select distinct
        carried.rule,
        carried.evidence,
        carried.record_key
    from decided
    inner join {{ ref('int_identity_evidence') }} as carried
        on decided.second_key = carried.record_key
    inner join {{ ref('int_identity_evidence') }} as carried_by_first
        on decided.first_key = carried_by_first.record_key
            and carried.rule = carried_by_first.rule
            and carried.evidence = carried_by_first.evidence
    where decided.decision = 'keep_apart'
),

linked as (
    select
        rules.applies_to,
        shared.rule,
        rules.priority,
        rules.confidence,
        shared.evidence,
        shared.degree,
        evidence.record_key,
        shared.first_key as other_record_key,
        case
            when free_mail.domain is not null then 'free_mail'
            when shared.degree > rules.max_degree then 'hub'
            when kept_apart.record_key is not null then 'kept_apart'
        end as cut_reason,
        evidence.source_record_key
    from shared
    inner join {{ ref('int_identity_evidence') }} as evidence
        on shared.rule = evidence.rule and shared.evidence = evidence.evidence and shared.first_key <> evidence.record_key
    inner join rules
        on shared.rule = rules.rule
    left join free_mail
        on shared.rule = 'domain' and shared.evidence = free_mail.domain
    left join kept_apart
        on shared.rule = kept_apart.rule and shared.evidence = kept_apart.evidence and evidence.record_key = kept_apart.record_key
    union all
    select
        records.applies_to,
        'decision' as rule,
        cast(0 as bigint) as priority,
        cast(1 as decimal(7, 6)) as confidence,
        decided.author as evidence,
        cast(2 as bigint) as degree,
        decided.second_key as record_key,
        decided.first_key as other_record_key,
        cast(null as string) as cut_reason,
        records.source_record_key
    from decided
    inner join {{ ref('int_identity_records') }} as records
        on decided.second_key = records.record_key
    where decided.decision = 'join'
)

select
    linked.applies_to,
    linked.rule,
    linked.priority,
    linked.confidence,
    linked.evidence,
    linked.degree,
    linked.record_key,
    linked.other_record_key,
    linked.cut_reason is not null as is_cut,
    linked.cut_reason,
    linked.source_record_key
from linked
