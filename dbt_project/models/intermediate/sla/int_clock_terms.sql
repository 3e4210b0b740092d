-- What was agreed on a day: per clock and segment the row for the segment, else the one for every segment.
with agreements as (
    select distinct
        spans.segment,
        spans.agreed_on
    from {{ ref('int_clock_spans') }} as spans
),

candidates as (
    select
        agreements.segment,
        agreements.agreed_on,
        clocks.clock,
        clocks.start_event,
        clocks.stop_events,
        clocks.target_minutes,
        clocks.limit_minutes,
        clocks.calendar_kind,
        clocks.is_applicable,
        clocks.definition_version,
        row_number() over (
            partition by agreements.segment, agreements.agreed_on, clocks.clock
            order by case when clocks.segment = '*' then 1 else 0 end
        ) as candidate
    from agreements
    inner join {{ ref('stg_definitions__sla_clocks') }} as clocks
        on (clocks.segment = '*' or clocks.segment = agreements.segment)
        and {{ holds_on('clocks', 'agreements.agreed_on') }}
)

select
    candidates.segment,
    candidates.agreed_on,
    candidates.clock,
    candidates.start_event,
    {{ stops_by('candidates.stop_events', 'attempt') }} as stops_by_attempt,
    {{ stops_by('candidates.stop_events', 'two_way_contact') }} as stops_by_two_way_contact,
    {{ stops_by('candidates.stop_events', 'accepted') }} as stops_by_accepted,
    {{ stops_by('candidates.stop_events', 'sql') }} as stops_by_sql,
    {{ stops_by('candidates.stop_events', 'rejected') }} as stops_by_rejected,
    {{ stops_by('candidates.stop_events', 'returned') }} as stops_by_returned,
    candidates.target_minutes * 60 as target_seconds,
    candidates.limit_minutes * 60 as limit_seconds,
    candidates.calendar_kind,
    candidates.is_applicable,
    candidates.definition_version
from candidates
where candidates.candidate = 1
