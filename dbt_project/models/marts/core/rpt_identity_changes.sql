-- Every record that stands under another's name, since when it can, and what it brought along. All of it follows from the raw rows,
-- so a build as of an earlier day shows what was merged then; a decision in `identity_overrides.csv` takes a merge back.
with ends as (
    select links.record_key, links.other_record_key, links.rule, links.priority, links.evidence, links.source_record_key
    from {{ ref('int_identity_links') }} as links
    where not links.is_cut
    union all
    select links.other_record_key as record_key, links.record_key as other_record_key, links.rule, links.priority, links.evidence, links.source_record_key
    from {{ ref('int_identity_links') }} as links
    where not links.is_cut
),

ranked as (
    select
        ends.record_key,
        ends.other_record_key,
        ends.rule,
        ends.evidence,
        ends.source_record_key,
        row_number() over (
            partition by ends.record_key
            order by ends.priority, ends.other_record_key, ends.evidence
        ) as strength
    from ends
),

moved as (
    select 'person' as applies_to, people.record_id, people.person_id as merged_into, people.record_key, people.kind, people.confidence
    from {{ ref('int_people_identified') }} as people
    where people.record_id <> people.person_id
    union all
    select 'account' as applies_to, accounts.record_id, accounts.account_id as merged_into, accounts.record_key, accounts.kind, accounts.confidence
    from {{ ref('int_accounts_identified') }} as accounts
    where accounts.record_id <> accounts.account_id
),

leads_moved as (
    select
        'person' as applies_to,
        coalesce(leads.person_id, 'lead:' || leads.lead_id) as record_id,
        cast(count(*) as bigint) as leads
    from {{ ref('int_leads_told') }} as leads
    group by coalesce(leads.person_id, 'lead:' || leads.lead_id)
    union all
    select 'account' as applies_to, leads.account_id as record_id, cast(count(*) as bigint) as leads
    from {{ ref('int_leads_told') }} as leads
    where leads.account_id is not null
    group by leads.account_id
),

conversions_near as (
    select 'person' as applies_to, conversions.person_id as merged_into, cast(count(*) as bigint) as conversions
    from {{ ref('int_conversions_gathered') }} as conversions
    where conversions.person_id is not null
    group by conversions.person_id
    union all
    select 'account' as applies_to, conversions.account_id as merged_into, cast(count(*) as bigint) as conversions
    from {{ ref('int_conversions_gathered') }} as conversions
    where conversions.account_id is not null
    group by conversions.account_id
)

select
    moved.applies_to,
    moved.record_id,
    moved.merged_into,
    moved.kind,
    other_records.record_id as linked_to,
    ranked.rule,
    moved.confidence,
    {{ evidence_key('ranked.rule', 'ranked.evidence') }} as evidence_key,
    greatest(records.created_at, other_records.created_at) as linked_at,
    pulls.observed_at,
    coalesce(leads_moved.leads, 0) as leads,
    coalesce(conversions_near.conversions, 0) as conversions,
    ranked.source_record_key,
    {{ build_fact('build_id') }} as build_id
from moved
inner join ranked
    on moved.record_key = ranked.record_key and ranked.strength = 1
inner join {{ ref('int_identity_records') }} as records
    on moved.record_key = records.record_key
inner join {{ ref('int_identity_records') }} as other_records
    on ranked.other_record_key = other_records.record_key
left join {{ ref('stg_landing__pulls') }} as pulls
    on pulls.source || '/' || pulls.stream || '/' || cast(pulls.pull as string) = {{ pull_of_record('ranked.source_record_key') }}
left join leads_moved
    on moved.applies_to = leads_moved.applies_to and moved.record_id = leads_moved.record_id
left join conversions_near
    on moved.applies_to = conversions_near.applies_to and moved.merged_into = conversions_near.merged_into
