-- What the models between hand-overs and verdicts compute, written by hand for DuckDB alone: as-of joins instead of look-ups by
-- day and bucket. It starts from the same leads, hand-overs, contacts, assignments and calendar intervals.
create or replace table clocks_reference as
with settings as (
    select evaluated_at, time_zone from staging.stg_build__build
),

holders as (
    select lead_id, owner_id, assigned_at as held_from,
        lead(assigned_at) over (partition by lead_id order by assigned_at) as held_to
    from contracts.assignments
),

spans as (
    select leads.lead_id, 0 as episode, null as handover_type, created_at as started_at, null::timestamp as accepted_at,
        null::timestamp as ended_at, null as outcome, null as return_reason, reached_at as sql_at, null as owner_id,
        null::timestamp as contacts_after, null::timestamp as contacts_until
    from contracts.leads
    left join intermediate.int_leads_reached as reached on reached.lead_id = leads.lead_id and stage = 'sql'
    union all
    select lead_id, episode, handover_type, handed_over_at, accepted_at, ended_at, outcome, return_reason,
        case when outcome = 'sql' then ended_at end, owner_id,
        case when episode > 1 then lag(ended_at) over (partition by lead_id order by episode) end,
        lead(handed_over_at) over (partition by lead_id order by episode)
    from intermediate.int_handovers
),

contacts as (
    select spans.lead_id, spans.episode,
        min(occurred_at) filter (is_attempt) as first_attempt_at,
        min(occurred_at) filter (is_two_way) as first_two_way_at,
        count(*) filter (is_counted and occurred_at <= coalesce(ended_at, occurred_at)) as attempts
    from spans
    inner join intermediate.int_contact_attempts as attempts
        on attempts.lead_id = spans.lead_id
        and occurred_at > coalesce(contacts_after, timestamp '1900-01-01')
        and occurred_at < coalesce(contacts_until, timestamp '2100-01-01')
    group by all
),

first_holders as (
    select spans.lead_id, spans.episode, min(greatest(held_from, started_at)) as first_held_at,
        arg_min(holders.owner_id, held_from) as owner_id
    from spans inner join holders on holders.lead_id = spans.lead_id and coalesce(held_to, timestamp '2100-01-01') > started_at
    group by all
),

started as (
    select spans.*, first_attempt_at, first_two_way_at, coalesce(attempts, 0) as attempts, first_held_at,
        clocks.clock, target_minutes * 60 as target, limit_minutes * 60 as furthest, calendar_kind,
        coalesce(spans.owner_id, first_holders.owner_id) as calendar_owner_id,
        case start_event when 'accepted' then accepted_at else started_at end as begins_at,
        case clocks.clock
            when 'reaction' then least(first_attempt_at, sql_at)
            when 'acceptance' then least(accepted_at, ended_at)
            when 'contact' then least(first_two_way_at, sql_at)
            else ended_at
        end as stopped_at
    from spans
    inner join staging.stg_definitions__sla_clocks as clocks on (start_event = 'lead_created') = (spans.episode = 0)
    left join contacts on contacts.lead_id = spans.lead_id and contacts.episode = spans.episode
    left join first_holders on first_holders.lead_id = spans.lead_id and first_holders.episode = spans.episode
),

bounded as (
    select started.*, business_timetable,
        case calendar_kind when 'working_days' then working_timetable when 'business_hours' then business_timetable end as timetable,
        greatest(begins_at, coalesce(stopped_at, evaluated_at)) as until_at,
        least(greatest(coalesce(first_held_at, timestamp '2100-01-01'), begins_at), until_at) as held_at
    from started
    cross join settings
    left join intermediate.int_owner_calendars as calendars on calendars.owner_id = calendar_owner_id
    where begins_at is not null
),

counted as (
    select bounded.*,
        own_start.open_seconds_before + least(epoch(begins_at - own_start.opens_at), own_start.seconds) as own_from,
        own_until.open_seconds_before + least(epoch(until_at - own_until.opens_at), own_until.seconds) as own_to,
        own_held.open_seconds_before + least(epoch(held_at - own_held.opens_at), own_held.seconds) as own_mid,
        office_start.open_seconds_before + least(epoch(begins_at - office_start.opens_at), office_start.seconds) as office_from,
        office_until.open_seconds_before + least(epoch(until_at - office_until.opens_at), office_until.seconds) as office_to,
        office_held.open_seconds_before + least(epoch(held_at - office_held.opens_at), office_held.seconds) as office_mid
    from bounded
    asof left join calendar_intervals as own_start on own_start.timetable = bounded.timetable and begins_at >= own_start.opens_at
    asof left join calendar_intervals as own_until on own_until.timetable = bounded.timetable and until_at >= own_until.opens_at
    asof left join calendar_intervals as own_held on own_held.timetable = bounded.timetable and held_at >= own_held.opens_at
    asof left join calendar_intervals as office_start
        on office_start.timetable = business_timetable and begins_at >= office_start.opens_at
    asof left join calendar_intervals as office_until
        on office_until.timetable = business_timetable and until_at >= office_until.opens_at
    asof left join calendar_intervals as office_held
        on office_held.timetable = business_timetable and held_at >= office_held.opens_at
),

measured as (
    select counted.*,
        case calendar_kind when '24x7' then epoch(until_at - begins_at) else own_to - own_from end::bigint as clock_seconds,
        case calendar_kind when '24x7' then epoch(held_at - begins_at) else own_mid - own_from end::bigint as system_seconds,
        (office_to - office_from)::bigint as business_seconds,
        (office_mid - office_from)::bigint as business_system_seconds,
        epoch(until_at - begins_at)::bigint as calendar_seconds,
        epoch(held_at - begins_at)::bigint as calendar_system_seconds,
        case calendar_kind when '24x7' then begins_at + to_seconds(target)
            else due.opens_at + to_seconds((own_from + target - due.open_seconds_before)::bigint) end as due_at,
        case calendar_kind when '24x7' then begins_at + to_seconds(counted.furthest)
            else last.opens_at + to_seconds((own_from + counted.furthest - last.open_seconds_before)::bigint) end as limit_at
    from counted
    asof left join calendar_intervals as due on due.timetable = counted.timetable and own_from + target >= due.open_seconds_before
    asof left join calendar_intervals as last
        on last.timetable = counted.timetable and own_from + counted.furthest >= last.open_seconds_before
),

parts as (
    select lead_id, episode, clock, holder as owner_id, held_from,
        case calendar_kind when '24x7' then epoch(to_at - from_at)
            else ends.open_seconds_before + least(epoch(to_at - ends.opens_at), ends.seconds)
                - begins.open_seconds_before - least(epoch(from_at - begins.opens_at), begins.seconds) end as seconds
    from (
        select measured.*, holders.owner_id as holder, held_from, greatest(held_from, begins_at) as from_at,
            least(coalesce(held_to, until_at), until_at, due_at) as to_at
        from measured
        inner join holders on holders.lead_id = measured.lead_id and held_from <= least(until_at, due_at)
            and coalesce(held_to, timestamp '2100-01-01') > begins_at
    ) as measured
    asof left join calendar_intervals as begins on begins.timetable = measured.timetable and from_at >= begins.opens_at
    asof left join calendar_intervals as ends on ends.timetable = measured.timetable and to_at >= ends.opens_at
),

owners as (
    select lead_id, episode, clock, arg_max(owner_id, (seconds, held_from)) as owner_id
    from (
        select lead_id, episode, clock, owner_id, sum(seconds) as seconds, max(held_from) as held_from from parts group by all
    )
    group by all
)

select measured.lead_id, measured.episode, measured.clock, handover_type, begins_at as started_at, due_at, limit_at, stopped_at,
    case
        when return_reason = 'unreachable' and measured.clock = 'contact' and stopped_at is null and attempts < 3 then 'breached'
        when return_reason = 'unreachable' and measured.clock = 'contact' and stopped_at is null then 'waived'
        when clock_seconds > furthest then 'breached'
        when clock_seconds > target then 'late'
        when stopped_at is null then 'running'
        else 'met'
    end as state,
    case
        when state <> 'breached' then null
        when system_seconds > target then 'unassigned'
        when calendar_kind = '24x7' and business_seconds <= target then 'off_hours'
        when clock_seconds > target and clock_seconds - system_seconds <= target then 'routing'
        when first_attempt_at is null then 'never_tried'
        else 'late'
    end as cause,
    (clock_seconds / 60)::decimal(18, 9) as clock_minutes,
    (business_seconds / 60)::decimal(18, 9) as business_minutes,
    (calendar_seconds / 60)::decimal(18, 9) as calendar_minutes,
    (system_seconds / 60)::decimal(18, 9) as system_minutes,
    ((clock_seconds - system_seconds) / 60)::decimal(18, 9) as human_minutes,
    (business_system_seconds / 60)::decimal(18, 9) as business_system_minutes,
    ((business_seconds - business_system_seconds) / 60)::decimal(18, 9) as business_human_minutes,
    (calendar_system_seconds / 60)::decimal(18, 9) as calendar_system_minutes,
    ((calendar_seconds - calendar_system_seconds) / 60)::decimal(18, 9) as calendar_human_minutes,
    clock_seconds, owners.owner_id, attempts,
    cast(timezone(time_zone, timezone('UTC', first_attempt_at)) as date)
        > cast(timezone(time_zone, timezone('UTC', begins_at)) as date) as is_next_day,
    evaluated_at
from measured
cross join settings
left join owners on owners.lead_id = measured.lead_id and owners.episode = measured.episode and owners.clock = measured.clock
