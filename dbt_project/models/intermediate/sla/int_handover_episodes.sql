-- Hand-over episodes (D30): one begins where a lead is handed over and none is open, and ends with what sales decides first.
-- Passing it on among sales in between changes nothing. The score of the hand-over is put to it in `int_handovers`.
with turns as (
    select
        events.*,
        lag(events.event) over (partition by events.lead_id order by events.sequence) as previous_event
    from {{ ref('int_handover_events') }} as events
    where events.event <> 'accepted'
),

numbered as (
    select
        turns.*,
        cast(
            sum(case when turns.event = 'handed_over' and coalesce(turns.previous_event, '') <> 'handed_over' then 1 else 0 end)
                over (partition by turns.lead_id order by turns.sequence rows between unbounded preceding and current row)
            as bigint
        ) as episode
    from turns
),

episodes as (
    select
        numbered.lead_id,
        numbered.episode,
        min(numbered.sequence) as first_sequence,
        min(numbered.occurred_at) as handed_over_at,
        min_by(numbered.source_system, numbered.sequence) as source_system,
        min_by(numbered.source_record_key, numbered.sequence) as source_record_key,
        min_by(numbered.definition_version, numbered.sequence) as definition_version,
        min(case when numbered.event <> 'handed_over' then numbered.sequence end) as last_sequence,
        min(case when numbered.event <> 'handed_over' then numbered.occurred_at end) as ended_at
    from numbered
    where numbered.episode > 0
    group by numbered.lead_id, numbered.episode
),

with_next as (
    select
        episodes.*,
        lead(episodes.handed_over_at) over (partition by episodes.lead_id order by episodes.episode) as next_handed_over_at,
        lead(episodes.first_sequence) over (partition by episodes.lead_id order by episodes.episode) as next_first_sequence
    from episodes
),

acceptances as (
    select
        with_next.lead_id,
        with_next.episode,
        min(events.occurred_at) as accepted_at
    from with_next
    inner join {{ ref('int_handover_events') }} as events
        on with_next.lead_id = events.lead_id
        and events.event = 'accepted'
        and events.occurred_at >= with_next.handed_over_at
        and (with_next.ended_at is null or events.occurred_at <= with_next.ended_at)
        and (with_next.next_first_sequence is null or events.sequence < with_next.next_first_sequence)
    group by with_next.lead_id, with_next.episode
),

known_rejections as (
    select rejections.*
    from {{ ref('int_rejections_mapped') }} as rejections
    where rejections.rejected_at <= {{ build_fact('evaluated_at') }}
),

-- The reason that was typed at the end of the episode or later, up to the next hand-over.
reasons as (
    select
        with_next.lead_id,
        with_next.episode,
        rejections.kind,
        rejections.reason,
        rejections.source_reason,
        row_number() over (
            partition by with_next.lead_id, with_next.episode, rejections.kind
            order by case when rejections.source_reason is null then 1 else 0 end, rejections.rejected_at, rejections.rejection_id
        ) as candidate
    from with_next
    inner join known_rejections as rejections
        on with_next.lead_id = rejections.lead_id
        and rejections.rejected_at >= with_next.handed_over_at
        and (with_next.next_handed_over_at is null or rejections.rejected_at < with_next.next_handed_over_at)
),

held as (
    select
        with_next.lead_id,
        with_next.episode,
        max_by(assigned.owner_id, assigned.sequence) as owner_id
    from with_next
    inner join (
        select
            coalesce(assignments.lead_id, deals.lead_id) as lead_id,
            assignments.owner_id,
            assignments.assigned_at,
            row_number() over (
                partition by coalesce(assignments.lead_id, deals.lead_id)
                order by assignments.assigned_at, assignments.assignment_id
            ) as sequence
        from {{ ref('assignments') }} as assignments
        inner join {{ ref('int_owners_merged') }} as owners
            on assignments.owner_id = owners.owner_id
        left join {{ ref('deals') }} as deals
            on assignments.deal_id = deals.deal_id
        where coalesce(owners.is_human, true)
    ) as assigned
        on with_next.lead_id = assigned.lead_id
        and assigned.assigned_at <= with_next.handed_over_at
    group by with_next.lead_id, with_next.episode
),

leads_with_history as (
    select distinct coalesce(assignments.lead_id, deals.lead_id) as lead_id
    from {{ ref('assignments') }} as assignments
    left join {{ ref('deals') }} as deals
        on assignments.deal_id = deals.deal_id
),

decided as (
    select
        with_next.*,
        ends.is_implied,
        coalesce(leads.is_duplicate, false) or coalesce(leads.is_test, false) as is_void,
        case ends.event when 'confirmed' then 'sql' else ends.event end as recorded_outcome,
        -- a duplicate is told by a rejection
        case ends.event when 'void' then 'rejected' else ends.event end as reason_kind,
        case when leads.closed_at >= with_next.handed_over_at and leads.closed_at <= {{ build_fact('evaluated_at') }} then leads.closed_at end
            as closed_at,
        case when leads_with_history.lead_id is null then leads.owner_id end as present_owner_id
    from with_next
    inner join {{ ref('leads') }} as leads
        on with_next.lead_id = leads.lead_id
    left join {{ ref('int_handover_events') }} as ends
        on with_next.lead_id = ends.lead_id and with_next.last_sequence = ends.sequence
    left join leads_with_history
        on with_next.lead_id = leads_with_history.lead_id
)

select
    decided.lead_id,
    decided.episode,
    decided.handed_over_at,
    {{ local_date('decided.handed_over_at') }} as handed_over_on,
    coalesce(acceptances.accepted_at, case when decided.recorded_outcome = 'sql' then decided.ended_at end) as accepted_at,
    acceptances.accepted_at is null and coalesce(decided.recorded_outcome = 'sql', false) as is_accepted_implied,
    coalesce(decided.ended_at, case when decided.is_void then decided.closed_at end) as ended_at,
    cast(case when decided.is_void then 'void' else decided.recorded_outcome end as string) as outcome,
    coalesce(decided.is_implied, false) as is_outcome_implied,
    reasons.reason as return_reason,
    reasons.source_reason,
    coalesce(held.owner_id, decided.present_owner_id) as owner_id,
    decided.source_system,
    decided.source_record_key,
    decided.definition_version
from decided
left join acceptances
    on decided.lead_id = acceptances.lead_id and decided.episode = acceptances.episode
left join reasons
    on decided.lead_id = reasons.lead_id
    and decided.episode = reasons.episode
    and decided.reason_kind = reasons.kind
    and reasons.candidate = 1
left join held
    on decided.lead_id = held.lead_id and decided.episode = held.episode
