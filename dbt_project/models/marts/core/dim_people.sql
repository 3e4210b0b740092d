-- People known to a source, and those that a lead, deal or touch names without any record of their own.
with named as (
    select person_id from {{ ref('int_people_merged') }}
    union
    select coalesce(person_id, 'lead:' || lead_id) as person_id from {{ ref('leads') }}
    union
    select person_id from {{ ref('int_deals_valued') }} where person_id is not null
    union
    select person_id from {{ ref('touches') }} where person_id is not null
),

records as (
    select
        identified.person_id,
        cast(count(*) as bigint) as records,
        min(identified.confidence) as lowest_confidence
    from {{ ref('int_people_identified') }} as identified
    group by identified.person_id
)

select
    named.person_id,
    people.account_id,
    people.owner_id,
    people.job_title,
    people.is_decision_maker,
    people.has_valid_phone,
    people.has_valid_email,
    people.has_messenger,
    people.country,
    people.created_at,
    people.person_id is not null as is_on_record,
    coalesce(records.records, 0) as records,
    records.lowest_confidence,
    people.source_system,
    people.source_record_key,
    {{ build_fact('build_id') }} as build_id
from named
left join {{ ref('int_people_merged') }} as people
    on named.person_id = people.person_id
left join records
    on named.person_id = records.person_id
