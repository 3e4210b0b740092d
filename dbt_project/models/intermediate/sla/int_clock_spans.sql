-- What clocks are read from: the lead itself (episode 0) and each of its hand-overs. Contacts of an episode are those after the
-- end of the one before and before the next hand-over, so a contact just before the hand-over stops its clock (D35), and one of
-- an earlier episode does not.
with handovers as (
    select
        handovers.*,
        lag(handovers.ended_at) over (partition by handovers.lead_id order by handovers.episode) as previous_ended_at,
        lead(handovers.handed_over_at) over (partition by handovers.lead_id order by handovers.episode) as contacts_until
    from {{ ref('int_handovers') }} as handovers
),

spans as (
    select
        leads.lead_id,
        cast(0 as bigint) as episode,
        cast(null as string) as handover_type,
        leads.segment,
        leads.source_system,
        leads.created_at as started_at,
        cast(null as timestamp) as accepted_at,
        false as is_accepted_implied,
        cast(null as timestamp) as ended_at,
        cast(null as string) as outcome,
        false as is_outcome_implied,
        cast(null as string) as return_reason,
        reached.reached_at as sql_at,
        cast(null as string) as owner_id,
        coalesce(leads.is_duplicate, false) or coalesce(leads.is_test, false) as is_void,
        cast(null as timestamp) as contacts_after,
        cast(null as timestamp) as contacts_until
    from {{ ref('leads') }} as leads
    left join {{ ref('int_leads_reached') }} as reached
        on leads.lead_id = reached.lead_id
        and reached.stage = 'sql'
    union all
    select
        handovers.lead_id,
        handovers.episode,
        handovers.handover_type,
        leads.segment,
        leads.source_system,
        handovers.handed_over_at as started_at,
        handovers.accepted_at,
        handovers.is_accepted_implied,
        handovers.ended_at,
        handovers.outcome,
        handovers.is_outcome_implied,
        handovers.return_reason,
        case when handovers.outcome = 'sql' then handovers.ended_at end as sql_at,
        handovers.owner_id,
        coalesce(handovers.outcome = 'void', false) as is_void,
        case when handovers.episode > 1 then coalesce(handovers.previous_ended_at, handovers.handed_over_at) end as contacts_after,
        handovers.contacts_until
    from handovers
    inner join {{ ref('leads') }} as leads
        on handovers.lead_id = leads.lead_id
),

-- Silence of a source that records no calls or letters at all says nothing about the people who make them.
recording_sources as (
    select distinct leads.source_system
    from {{ ref('int_contact_attempts') }} as attempts
    inner join {{ ref('leads') }} as leads
        on attempts.lead_id = leads.lead_id
),

-- A source whose every acceptance is the confirmation itself has one action for both (D30): nothing lies between the two.
accepting_sources as (
    select distinct leads.source_system
    from handovers
    inner join {{ ref('leads') }} as leads
        on handovers.lead_id = leads.lead_id
    where handovers.accepted_at is not null
        and not handovers.is_accepted_implied
        and (handovers.ended_at is null or handovers.accepted_at < handovers.ended_at)
),

contacts as (
    select
        spans.lead_id,
        spans.episode,
        min(case when attempts.is_attempt then attempts.occurred_at end) as first_attempt_at,
        min(case when attempts.is_two_way then attempts.occurred_at end) as first_two_way_at,
        sum(case when attempts.is_counted and (spans.ended_at is null or attempts.occurred_at <= spans.ended_at) then 1 else 0 end) as attempts
    from spans
    inner join {{ ref('int_contact_attempts') }} as attempts
        on spans.lead_id = attempts.lead_id
        and (spans.contacts_after is null or attempts.occurred_at > spans.contacts_after)
        and (spans.contacts_until is null or attempts.occurred_at < spans.contacts_until)
    group by spans.lead_id, spans.episode
),

unreachable_attempts as (
    select
        spans.lead_id,
        spans.episode,
        attempts.occurred_at,
        row_number() over (
            partition by spans.lead_id, spans.episode
            order by attempts.occurred_at, attempts.touch_id
        ) as attempts,
        case
            when row_number() over (
                partition by spans.lead_id, spans.episode, attempts.medium
                order by attempts.occurred_at, attempts.touch_id
            ) = 1 then 1
            else 0
        end as new_channel,
        attempts.touch_id
    from spans
    inner join {{ ref('int_contact_attempts') }} as attempts
        on spans.lead_id = attempts.lead_id
        and (spans.contacts_after is null or attempts.occurred_at > spans.contacts_after)
        and attempts.occurred_at <= spans.ended_at
    where spans.return_reason = 'unreachable'
        and spans.outcome in ('rejected', 'returned')
        and attempts.is_counted
),

counted_attempts as (
    select
        unreachable_attempts.*,
        sum(unreachable_attempts.new_channel) over (
            partition by unreachable_attempts.lead_id, unreachable_attempts.episode
            order by unreachable_attempts.occurred_at, unreachable_attempts.touch_id
            rows between unbounded preceding and current row
        ) as channels
    from unreachable_attempts
),

minimum as (
    select
        cast({{ policy('unreachable_minimum_attempts') }} as bigint) as attempts,
        cast({{ policy('unreachable_minimum_channels') }} as bigint) as channels
),

-- D37: from when on somebody may be called unreachable.
good_faith as (
    select
        counted_attempts.lead_id,
        counted_attempts.episode,
        max(counted_attempts.channels) as channels,
        min(
            case
                when counted_attempts.attempts >= minimum.attempts and counted_attempts.channels >= minimum.channels
                    then counted_attempts.occurred_at
            end
        ) as enough_attempts_at
    from counted_attempts
    cross join minimum
    group by counted_attempts.lead_id, counted_attempts.episode
),

first_holders as (
    select
        spans.lead_id,
        spans.episode,
        min(greatest(holders.held_from, spans.started_at)) as first_held_at,
        min_by(holders.owner_id, holders.held_from) as owner_id
    from spans
    inner join {{ ref('int_lead_holders') }} as holders
        on spans.lead_id = holders.lead_id
        and (holders.held_to is null or holders.held_to > spans.started_at)
    group by spans.lead_id, spans.episode
)

select
    spans.lead_id,
    spans.episode,
    spans.handover_type,
    coalesce(spans.segment, '') as segment,
    {{ local_date('spans.started_at') }} as agreed_on,
    spans.started_at,
    spans.accepted_at,
    spans.is_accepted_implied,
    spans.ended_at,
    spans.outcome,
    spans.is_outcome_implied,
    spans.sql_at,
    spans.is_void,
    coalesce(spans.return_reason = 'unreachable' and spans.outcome in ('rejected', 'returned'), false) as is_unreachable,
    recording_sources.source_system is not null as has_activities,
    accepting_sources.source_system is not null as has_acceptances,
    contacts.first_attempt_at,
    contacts.first_two_way_at,
    cast(coalesce(contacts.attempts, 0) as bigint) as attempts,
    cast(good_faith.channels as bigint) as channels,
    good_faith.enough_attempts_at,
    first_holders.first_held_at,
    -- the calendar of a clock is that of who holds the lead when it starts, else of whoever holds it first
    coalesce(spans.owner_id, first_holders.owner_id, '*') as calendar_owner_id
from spans
left join recording_sources
    on spans.source_system = recording_sources.source_system
left join accepting_sources
    on spans.source_system = accepting_sources.source_system
left join contacts
    on spans.lead_id = contacts.lead_id
    and spans.episode = contacts.episode
left join good_faith
    on spans.lead_id = good_faith.lead_id
    and spans.episode = good_faith.episode
left join first_holders
    on spans.lead_id = first_holders.lead_id
    and spans.episode = first_holders.episode
