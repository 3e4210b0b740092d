-- Every clock that has started, measured on its own calendar, on its owner's business hours and around the clock (D33, D38).
with started as (
    select
        spans.*,
        terms.clock,
        case terms.start_event when 'accepted' then spans.accepted_at else spans.started_at end as clock_started_at,
        terms.calendar_kind,
        terms.target_seconds,
        terms.limit_seconds,
        terms.is_applicable,
        terms.stops_by_attempt or terms.stops_by_two_way_contact as needs_activities,
        terms.start_event = 'accepted' and terms.stops_by_sql as needs_acceptances,
        terms.stops_by_two_way_contact,
        terms.stops_by_accepted,
        terms.definition_version,
        least(
            case when terms.stops_by_attempt then spans.first_attempt_at end,
            case when terms.stops_by_two_way_contact then spans.first_two_way_at end,
            case when terms.stops_by_accepted then spans.accepted_at end,
            case when terms.stops_by_sql and spans.outcome = 'sql' then spans.ended_at end,
            case when terms.stops_by_rejected and spans.outcome = 'rejected' then spans.ended_at end,
            case when terms.stops_by_returned and spans.outcome = 'returned' then spans.ended_at end
        ) as told_at,
        -- D35: a later stage implies the stop. A clock that waits for a decision ends with the episode: there is none to come.
        case
            when terms.stops_by_accepted or terms.stops_by_sql or terms.stops_by_rejected or terms.stops_by_returned
                then case when spans.outcome in ('sql', 'rejected', 'returned') then spans.ended_at end
            else spans.sql_at
        end as implied_at
    from {{ ref('int_clock_spans') }} as spans
    inner join {{ ref('int_clock_terms') }} as terms
        on spans.agreed_on = terms.agreed_on
        and spans.segment = terms.segment
        and case when spans.episode = 0 then 'lead_created' else 'handed_over' end
        = case terms.start_event when 'lead_created' then 'lead_created' else 'handed_over' end
),

stopped as (
    select
        started.*,
        case when least(started.told_at, started.implied_at) <= {{ build_fact('evaluated_at') }} then least(started.told_at, started.implied_at) end
            as stopped_at,
        coalesce(owners.calendar, everybody.calendar) as calendar,
        coalesce(owners.business_timetable, everybody.business_timetable) as business_timetable,
        case when started.calendar_kind = 'working_days' then coalesce(owners.working_timetable, everybody.working_timetable) end
            as working_timetable
    from started
    left join {{ ref('int_owner_calendars') }} as owners
        on started.calendar_owner_id = owners.owner_id
        and {{ holds_on('owners', 'started.agreed_on') }}
    left join {{ ref('int_owner_calendars') }} as everybody
        on everybody.owner_id = '*'
        and {{ holds_on('everybody', 'started.agreed_on') }}
    -- a start after the evaluation instant is a mistake of the source, which the expectations name; no clock runs by then
    where started.clock_started_at <= {{ build_fact('evaluated_at') }}
),

-- Without a stop it runs until the evaluation instant; with one before the start for no time at all (D35).
bounded as (
    select
        stopped.*,
        greatest(stopped.clock_started_at, coalesce(stopped.stopped_at, {{ build_fact('evaluated_at') }})) as until_at
    from stopped
),

held as (
    select
        bounded.*,
        least(greatest(coalesce(bounded.first_held_at, bounded.until_at), bounded.clock_started_at), bounded.until_at) as held_at
    from bounded
),

looked_up as (
    select
        held.*,
        {{ open_seconds_at('business_start', 'held.clock_started_at') }} as business_open_at_start,
        {{ seconds_between('business_start.starts_at', 'held.clock_started_at') }} < business_start.opened_seconds as started_in_hours,
        {{ open_seconds_at('business_held', 'held.held_at') }} as business_open_at_held,
        {{ open_seconds_at('business_until', 'held.until_at') }} as business_open_at_end,
        {{ open_seconds_at('working_start', 'held.clock_started_at') }} as working_open_at_start,
        {{ open_seconds_at('working_held', 'held.held_at') }} as working_open_at_held,
        {{ open_seconds_at('working_until', 'held.until_at') }} as working_open_at_end
    from held
    {{ join_calendar_piece('business_start', 'held.business_timetable', 'held.clock_started_at') }}
    {{ join_calendar_piece('business_held', 'held.business_timetable', 'held.held_at') }}
    {{ join_calendar_piece('business_until', 'held.business_timetable', 'held.until_at') }}
    {{ join_calendar_piece('working_start', 'held.working_timetable', 'held.clock_started_at') }}
    {{ join_calendar_piece('working_held', 'held.working_timetable', 'held.held_at') }}
    {{ join_calendar_piece('working_until', 'held.working_timetable', 'held.until_at') }}
),

counted as (
    select
        looked_up.*,
        case looked_up.calendar_kind
            when 'business_hours' then looked_up.business_timetable
            when 'working_days' then looked_up.working_timetable
        end as timetable,
        case looked_up.calendar_kind
            when 'business_hours' then looked_up.business_open_at_start
            when 'working_days' then looked_up.working_open_at_start
        end as open_at_start,
        looked_up.business_open_at_end - looked_up.business_open_at_start as business_seconds,
        looked_up.business_open_at_held - looked_up.business_open_at_start as business_system_seconds,
        {{ seconds_between('looked_up.clock_started_at', 'looked_up.until_at') }} as calendar_seconds,
        {{ seconds_between('looked_up.clock_started_at', 'looked_up.held_at') }} as calendar_system_seconds
    from looked_up
),

aimed as (
    select
        counted.*,
        counted.open_at_start + counted.target_seconds as open_at_due,
        counted.open_at_start + counted.limit_seconds as open_at_limit
    from counted
)

select
    aimed.lead_id,
    aimed.episode,
    aimed.clock,
    aimed.handover_type,
    aimed.clock_started_at as started_at,
    aimed.stopped_at,
    aimed.until_at,
    case
        when aimed.calendar_kind = '24x7' then {{ plus_seconds('aimed.clock_started_at', 'aimed.target_seconds') }}
        else {{ instant_of_open_seconds('due', 'aimed.open_at_due') }}
    end as due_at,
    case
        when aimed.calendar_kind = '24x7' then {{ plus_seconds('aimed.clock_started_at', 'aimed.limit_seconds') }}
        else {{ instant_of_open_seconds('furthest', 'aimed.open_at_limit') }}
    end as limit_at,
    aimed.started_in_hours,
    aimed.calendar,
    aimed.calendar_kind,
    aimed.timetable,
    aimed.target_seconds,
    aimed.limit_seconds,
    case aimed.calendar_kind
        when '24x7' then aimed.calendar_seconds
        when 'business_hours' then aimed.business_seconds
        else aimed.working_open_at_end - aimed.working_open_at_start
    end as clock_seconds,
    case aimed.calendar_kind
        when '24x7' then aimed.calendar_system_seconds
        when 'business_hours' then aimed.business_system_seconds
        else aimed.working_open_at_held - aimed.working_open_at_start
    end as system_seconds,
    aimed.business_seconds,
    aimed.business_system_seconds,
    aimed.calendar_seconds,
    aimed.calendar_system_seconds,
    coalesce(
        aimed.stopped_at is not null
        and (
            aimed.told_at is null
            or aimed.told_at > aimed.implied_at
            or (aimed.is_accepted_implied and aimed.stops_by_accepted and aimed.told_at = aimed.accepted_at)
            or (aimed.is_outcome_implied and aimed.told_at = aimed.ended_at)
        ),
        false
    ) as is_implied,
    coalesce(aimed.stopped_at < aimed.clock_started_at, false) as stopped_before_start,
    aimed.is_applicable,
    aimed.needs_activities,
    aimed.has_activities,
    aimed.needs_acceptances,
    aimed.has_acceptances,
    aimed.is_void and (aimed.stopped_at is null or aimed.ended_at is null or aimed.ended_at <= aimed.stopped_at) as is_void,
    aimed.is_unreachable
    and aimed.stops_by_two_way_contact
    and (aimed.stopped_at is null or aimed.stopped_at > aimed.ended_at) as is_unreachable,
    aimed.enough_attempts_at,
    aimed.attempts,
    aimed.channels,
    aimed.first_attempt_at,
    case when aimed.has_activities and aimed.episode > 0
        then coalesce(aimed.outcome = 'sql' and (aimed.first_two_way_at is null or aimed.first_two_way_at > aimed.ended_at), false)
    end as confirmed_without_contact,
    aimed.agreed_on,
    aimed.definition_version
from aimed
{{ join_calendar_bucket('due', 'aimed.timetable', 'aimed.open_at_due') }}
{{ join_calendar_bucket('furthest', 'aimed.timetable', 'aimed.open_at_limit') }}
