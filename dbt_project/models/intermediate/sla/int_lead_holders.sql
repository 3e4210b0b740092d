-- Who held a lead from when to when. A deal's assignments are its lead's. Where no assignment is on record, the lead's owner
-- held it from the beginning. Robots and integrations hold nothing: the time they had a lead is nobody's.
with assignments as (
    select
        coalesce(assignments.lead_id, deals.lead_id) as lead_id,
        assignments.owner_id,
        assignments.assigned_at,
        max(assignments.assignment_id) as assignment_id
    from {{ ref('assignments') }} as assignments
    left join {{ ref('deals') }} as deals
        on assignments.deal_id = deals.deal_id
    where coalesce(assignments.lead_id, deals.lead_id) is not null
        and assignments.owner_id is not null
        and assignments.assigned_at <= {{ build_fact('evaluated_at') }}
    group by coalesce(assignments.lead_id, deals.lead_id), assignments.owner_id, assignments.assigned_at
),

spans as (
    select
        assignments.lead_id,
        assignments.owner_id,
        assignments.assigned_at as held_from,
        lead(assignments.assigned_at) over (
            partition by assignments.lead_id
            order by assignments.assigned_at, assignments.assignment_id
        ) as held_to
    from assignments
    union all
    select
        leads.lead_id,
        leads.owner_id,
        leads.created_at as held_from,
        cast(null as timestamp) as held_to
    from {{ ref('leads') }} as leads
    left join (select distinct assignments.lead_id from assignments) as assigned
        on leads.lead_id = assigned.lead_id
    where assigned.lead_id is null and leads.owner_id is not null
)

select
    spans.lead_id,
    spans.owner_id,
    spans.held_from,
    spans.held_to,
    cast(count(*) over (partition by spans.lead_id) as bigint) as holders
from spans
left join {{ ref('int_owners_merged') }} as owners
    on spans.owner_id = owners.owner_id
where coalesce(owners.is_human, true)
    and (spans.held_to is null or spans.held_to > spans.held_from)
