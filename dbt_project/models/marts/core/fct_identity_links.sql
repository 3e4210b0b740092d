-- Why two records are one person or account, and what was cut. To the links between records come those that make none of two: a lead
-- with the person whom the CRM names on it, and a web client with the first record that left its id.
with client_links as (
    select
        evidence.evidence as client_id,
        cast(count(*) as bigint) as degree,
        min(evidence.record_key) as record_key,
        min_by(evidence.source_record_key, evidence.record_key) as source_record_key
    from {{ ref('int_identity_evidence') }} as evidence
    where evidence.rule = 'client_id'
    group by evidence.evidence
),

rules as (
    select
        rules.rule,
        rules.confidence
    from {{ ref('stg_definitions__identity_rules') }} as rules
    where rules.is_enabled and {{ holds_on('rules', evaluation_date()) }}
),

links as (
    select
        links.applies_to,
        records.record_id,
        other_records.record_id as other_record_id,
        links.rule,
        links.confidence,
        {{ evidence_key('links.rule', 'links.evidence') }} as evidence_key,
        links.degree as records,
        links.is_cut,
        links.cut_reason,
        greatest(records.created_at, other_records.created_at) as linked_at,
        links.source_record_key
    from {{ ref('int_identity_links') }} as links
    inner join {{ ref('int_identity_records') }} as records
        on links.record_key = records.record_key
    inner join {{ ref('int_identity_records') }} as other_records
        on links.other_record_key = other_records.record_key
    union all
    select
        'person' as applies_to,
        'lead:' || leads.lead_id as record_id,
        leads.person_id as other_record_id,
        rules.rule,
        rules.confidence,
        leads.person_id as evidence_key,
        cast(2 as bigint) as records,
        false as is_cut,
        cast(null as string) as cut_reason,
        leads.created_at as linked_at,
        leads.source_record_key
    from {{ ref('int_leads_told') }} as leads
    inner join rules
        on rules.rule = 'crm_link'
    where leads.person_id is not null
    union all
    select
        'person' as applies_to,
        'client:' || client_links.client_id as record_id,
        records.record_id as other_record_id,
        rules.rule,
        rules.confidence,
        client_links.client_id as evidence_key,
        client_links.degree as records,
        clients.client_id is null as is_cut,
        case when clients.client_id is null then 'hub' end as cut_reason,
        records.created_at as linked_at,
        client_links.source_record_key
    from client_links
    inner join rules
        on rules.rule = 'client_id'
    inner join {{ ref('int_identity_records') }} as records
        on client_links.record_key = records.record_key
    left join {{ ref('int_clients_identified') }} as clients
        on client_links.client_id = clients.client_id
)

select
    links.applies_to,
    links.record_id,
    links.other_record_id,
    case when links.applies_to = 'person' then coalesce(people.person_id, links.other_record_id) end as person_id,
    case when links.applies_to = 'account' then accounts.account_id end as account_id,
    links.rule,
    links.confidence,
    links.evidence_key,
    links.records,
    links.is_cut,
    links.cut_reason,
    links.linked_at,
    links.source_record_key,
    {{ build_fact('build_id') }} as build_id
from links
left join {{ ref('int_people_identified') }} as people
    on links.applies_to = 'person' and links.other_record_id = people.record_id
left join {{ ref('int_accounts_identified') }} as accounts
    on links.applies_to = 'account' and links.other_record_id = accounts.record_id
