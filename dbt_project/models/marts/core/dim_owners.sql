-- Owners known to a source, and those that a lead, deal or touch names without any record of their own.
with named as (
    select owner_id from {{ ref('int_owners_merged') }}
    union
    select owner_id from {{ ref('leads') }} where owner_id is not null
    union
    select owner_id from {{ ref('int_deals_valued') }} where owner_id is not null
    union
    select owner_id from {{ ref('touches') }} where owner_id is not null
)

select
    named.owner_id,
    owners.owner_name,
    owners.team,
    owners.manager_owner_id,
    owners.region,
    owners.calendar,
    owners.is_human,
    owners.started_on,
    owners.ended_on,
    owners.owner_id is not null as is_on_record,
    owners.source_system,
    owners.source_record_key,
    {{ build_fact('build_id') }} as build_id
from named
left join {{ ref('int_owners_merged') }} as owners
    on named.owner_id = owners.owner_id
