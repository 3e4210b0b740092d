-- What either team did with the person up to the moment, channel by channel. Whose touch it is, is told by identity as it stands today:
-- a visit that was linked later counts with the instant at which it happened.
select
    moments.lead_id,
    moments.moment,
    coalesce(touches.channel, 'unknown') as channel,
    count(*) as touches,
    cast(sum(case when touches.session_id is not null then 1 else 0 end) as bigint) as visits,
    cast(sum(case when touches.team = 'sales' then 1 else 0 end) as bigint) as sales_touches,
    min(touches.occurred_at) as first_touch_at,
    max(touches.occurred_at) as last_touch_at
from {{ ref('int_lead_moments_dated') }} as moments
inner join {{ ref('leads') }} as leads
    on moments.lead_id = leads.lead_id
inner join {{ ref('int_touches_channelled') }} as touches
    on coalesce(leads.person_id, 'lead:' || leads.lead_id) = touches.person_id
    and moments.scored_at >= touches.occurred_at
group by moments.lead_id, moments.moment, coalesce(touches.channel, 'unknown')
