-- Where every counted lead stands at the evaluation instant: the newest passage that the CRM recorded, else `lead`.
with recent_events as (
    select
        events.lead_id,
        events.stage,
        events.entered_at,
        row_number() over (
            partition by events.lead_id
            order by events.entered_at desc, events.sequence desc, events.event_id desc
        ) as recency
    from {{ ref('int_stage_events_mapped') }} as events
    where events.lead_id is not null
        and events.entered_at <= {{ build_fact('evaluated_at') }}
)

select
    leads.lead_id,
    cast(coalesce(recent_events.stage, 'lead') as string) as stage,
    coalesce(recent_events.entered_at, leads.created_at) as since_at,
    coalesce(recent_events.stage, 'lead') not in ('won', 'paid', 'retained', 'expanded', 'lost', 'returned')
    and (leads.closed_at is null or leads.closed_at > {{ build_fact('evaluated_at') }}) as is_open
from {{ ref('leads') }} as leads
left join recent_events
    on leads.lead_id = recent_events.lead_id
    and recent_events.recency = 1
where not coalesce(leads.is_duplicate, false)
    and not coalesce(leads.is_test, false)
    and leads.created_at <= {{ build_fact('evaluated_at') }}
