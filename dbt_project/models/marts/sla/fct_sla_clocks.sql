-- Minutes and verdicts of every clock. One that does not apply has no times to be averaged.
{%- set measures = [
    'clock_seconds', 'business_seconds', 'calendar_seconds', 'system_seconds', 'human_seconds', 'business_system_seconds',
    'business_human_seconds', 'calendar_system_seconds', 'calendar_human_seconds'
] %}

with timed as (
    select
        clocks.lead_id,
        clocks.episode,
        clocks.clock,
        {% for column in measures %}
        case when clocks.state <> 'not_applicable' then clocks.{{ column }} end as {{ column }},
        {% endfor %}
        case when clocks.state <> 'not_applicable' then clocks.due_at end as due_at,
        case when clocks.state <> 'not_applicable' then clocks.limit_at end as limit_at,
        clocks.handover_type,
        clocks.started_at,
        clocks.stopped_at,
        clocks.state,
        clocks.cause,
        clocks.target_seconds,
        clocks.limit_seconds,
        clocks.calendar_kind,
        clocks.calendar,
        clocks.owner_id,
        clocks.attempts,
        clocks.channels,
        clocks.is_implied,
        clocks.stopped_before_start,
        clocks.confirmed_without_contact,
        clocks.is_unreachable,
        clocks.first_attempt_at,
        clocks.agreed_on,
        clocks.definition_version
    from {{ ref('int_clocks_judged') }} as clocks
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
