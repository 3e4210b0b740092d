-- A client id that several people left is nobody's: the record does not say whose visits they are.
with claims as (
    select
        people.client_id,
        people.person_id
    from {{ ref('people') }} as people
    where people.client_id is not null
    union all
    select
        leads.client_id,
        coalesce(leads.person_id, 'lead:' || leads.lead_id) as person_id
    from {{ ref('leads') }} as leads
    where leads.client_id is not null
)

select
    claims.client_id,
    min(claims.person_id) as person_id
from claims
group by claims.client_id
having min(claims.person_id) = max(claims.person_id)
