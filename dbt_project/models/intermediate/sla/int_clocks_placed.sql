-- Clocks with the month that they belong to (D42: that of the last instant at which they were met, and of the start where a clock does
-- not apply) and with whom they count for: a breach for a cause of the process is nobody's of the reps (D39).
with dated as (
    select
        clocks.lead_id,
        clocks.episode,
        clocks.clock,
        coalesce(clocks.handover_type, '(none)') as handover_type,
        clocks.state,
        clocks.cause,
        clocks.is_process_cause,
        case
            when clocks.state = 'breached' and clocks.is_process_cause then '(process)'
            else coalesce(clocks.owner_id, '(none)')
        end as owner_id,
        case when clocks.stopped_at is not null and clocks.state in ('met', 'late', 'breached') then clocks.clock_seconds end
            as stopped_seconds,
        {{ local_date('coalesce(clocks.due_at, clocks.started_at)') }} as due_on
    from {{ ref('fct_sla_clocks') }} as clocks
)

select
    dated.lead_id,
    dated.episode,
    dated.clock,
    dated.handover_type,
    dated.state,
    dated.cause,
    dated.is_process_cause,
    dated.owner_id,
    dated.stopped_seconds,
    days.month_starts_on,
    days.period
from dated
inner join {{ ref('int_days') }} as days
    on dated.due_on = days.date_on
