-- Verdicts (D34 to D39); what they rest on is measured in int_clocks_measured.
{%- set measures = [
    'clock_seconds', 'business_seconds', 'calendar_seconds', 'system_seconds', 'human_seconds', 'business_system_seconds',
    'business_human_seconds', 'calendar_system_seconds', 'calendar_human_seconds'
] %}

with judged as (
    select
        clocks.*,
        owners.owner_id,
        clocks.clock_seconds - clocks.system_seconds as human_seconds,
        clocks.business_seconds - clocks.business_system_seconds as business_human_seconds,
        clocks.calendar_seconds - clocks.calendar_system_seconds as calendar_human_seconds,
        case
            when not clocks.is_applicable or (clocks.needs_activities and not clocks.has_activities) then 'not_applicable'
            when clocks.is_void then 'waived'
            when clocks.is_unreachable and clocks.enough_attempts_at is null then 'breached'
            when clocks.is_unreachable and clocks.enough_attempts_at <= clocks.limit_at then 'waived'
            when clocks.clock_seconds > clocks.limit_seconds then 'breached'
            when clocks.clock_seconds > clocks.target_seconds then 'late'
            when clocks.stopped_at is null then 'running'
            else 'met'
        end as state
    from {{ ref('int_clocks_measured') }} as clocks
    left join {{ ref('int_clock_owners') }} as owners
        on clocks.lead_id = owners.lead_id
        and clocks.episode = owners.episode
        and clocks.clock = owners.clock
),

explained as (
    select
        judged.*,
        case judged.state
            when 'breached'
                then case
                    when judged.system_seconds > judged.target_seconds then 'unassigned'
                    when judged.calendar_kind = '24x7' and judged.business_seconds <= judged.target_seconds then 'off_hours'
                    when judged.clock_seconds > judged.target_seconds and judged.human_seconds <= judged.target_seconds then 'routing'
                    when judged.has_activities and judged.first_attempt_at is null then 'never_tried'
                    else 'late'
                end
            when 'waived' then case when judged.is_void then 'void' else 'unreachable_in_good_faith' end
            when 'not_applicable' then case when judged.is_applicable then 'no_activities' else 'not_agreed' end
        end as cause
    from judged
),

-- A clock that does not apply has no times to be averaged.
timed as (
    select
        explained.lead_id,
        explained.episode,
        explained.clock,
        {% for column in measures %}
        case when explained.state <> 'not_applicable' then explained.{{ column }} end as {{ column }},
        {% endfor %}
        case when explained.state <> 'not_applicable' then explained.due_at end as due_at,
        case when explained.state <> 'not_applicable' then explained.limit_at end as limit_at,
        explained.handover_type,
        explained.started_at,
        explained.stopped_at,
        explained.state,
        explained.cause,
        explained.target_seconds,
        explained.limit_seconds,
        explained.calendar_kind,
        explained.calendar,
        explained.owner_id,
        explained.attempts,
        explained.channels,
        explained.is_implied,
        explained.stopped_before_start,
        explained.confirmed_without_contact,
        explained.is_unreachable,
        explained.first_attempt_at,
        explained.agreed_on,
        explained.definition_version
    from explained
)

select
    cast(timed.lead_id as string) as lead_id,
    timed.episode,
    cast(timed.clock as string) as clock,
    cast(timed.handover_type as string) as handover_type,
    timed.started_at,
    timed.due_at,
    timed.limit_at,
    timed.stopped_at,
    cast(timed.state as string) as state,
    cast(timed.cause as string) as cause,
    coalesce(timed.cause in ('unassigned', 'off_hours', 'routing'), false) as is_process_cause,
    {% for column in measures %}
    {{ minutes_of('timed.' ~ column) }} as {{ column | replace('_seconds', '_minutes') }},
    {% endfor %}
    timed.clock_seconds,
    cast({{ floor_divide('timed.target_seconds', '60') }} as bigint) as target_minutes,
    cast({{ floor_divide('timed.limit_seconds', '60') }} as bigint) as limit_minutes,
    cast(timed.calendar_kind as string) as calendar_kind,
    cast(timed.calendar as string) as calendar,
    cast(timed.owner_id as string) as owner_id,
    timed.attempts,
    timed.is_implied,
    timed.stopped_before_start,
    timed.confirmed_without_contact,
    case when timed.is_unreachable then coalesce(timed.channels, 0) = 1 end as single_channel,
    case when timed.episode = 0 then {{ local_date('timed.first_attempt_at') }} > timed.agreed_on end as is_next_day,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    cast(timed.definition_version as string) as definition_version,
    {{ build_fact('build_id') }} as build_id
from timed
