-- A client id that several people left is nobody's: the record does not say whose visits they are. Records of one person agree.
with switched_off as (
    select rules.rule
    from {{ ref('stg_definitions__identity_rules') }} as rules
    where rules.rule = 'client_id' and not rules.is_enabled and {{ holds_on('rules', evaluation_date()) }}
),

claims as (
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
left join switched_off
    on switched_off.rule = 'client_id'
where switched_off.rule is null
group by claims.client_id
having min(claims.person_id) = max(claims.person_id)
