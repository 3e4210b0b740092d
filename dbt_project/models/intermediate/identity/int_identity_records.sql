-- What identity makes people and accounts of, by the keys of the sources: the CRM's people, leads that name none (`lead:` and their
-- key), accounts. A lead that names a person hangs on that person by the CRM's own key. The order of the keys decides which record
-- gives its name to a person: the CRM's people before leads, then by key, so a person's id changes only when records are merged.
with told as (
    select 'person' as applies_to, 'person' as kind, people.person_id as record_id, people.created_at, people.source_record_key
    from {{ ref('int_people_told') }} as people
    union all
    select
        'person' as applies_to,
        case when leads.person_id is null then 'lead' else 'person' end as kind,
        coalesce(leads.person_id, 'lead:' || leads.lead_id) as record_id,
        leads.created_at,
        leads.source_record_key
    from {{ ref('int_leads_told') }} as leads
    union all
    select 'account' as applies_to, 'account' as kind, accounts.account_id as record_id, accounts.created_at, accounts.source_record_key
    from {{ ref('int_accounts_told') }} as accounts
),

records as (
    select
        told.applies_to,
        told.record_id,
        max(told.kind) as kind,
        min(told.created_at) as created_at,
        min(told.source_record_key) as source_record_key
    from told
    group by told.applies_to, told.record_id
)

select
    cast(row_number() over (order by records.applies_to, records.kind desc, records.record_id) as bigint) as record_key,
    records.applies_to,
    records.record_id,
    records.kind,
    records.created_at,
    records.source_record_key
from records
