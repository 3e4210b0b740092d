-- Passages through the company's stages: what the CRM records as several stages of its own may be one of ours, so neighbouring
-- events in one stage are one passage (D11). A re-entry is a passage of its own.
with marked as (
    select
        events.event_id,
        events.history_id,
        events.lead_id,
        events.deal_id,
        events.stage,
        events.sequence,
        events.entered_at,
        events.left_at,
        case
            when lag(events.stage) over (partition by events.history_id order by events.sequence) = events.stage then 0
            else 1
        end as begins
    from {{ ref('int_stage_events_mapped') }} as events
),

numbered as (
    select
        marked.*,
        sum(marked.begins) over (
            partition by marked.history_id order by marked.sequence rows between unbounded preceding and current row
        ) as passage
    from marked
)

select
    numbered.history_id || ':' || cast(numbered.passage as string) as passage_id,
    max(numbered.lead_id) as lead_id,
    max(numbered.deal_id) as deal_id,
    numbered.stage,
    min(numbered.entered_at) as entered_at,
    -- only the last event of a history lasts
    case when count(*) = count(numbered.left_at) then max(numbered.left_at) end as left_at,
    cast(numbered.passage as bigint) as passage_number,
    cast(count(*) as bigint) as events
from numbered
group by numbered.history_id, numbered.passage, numbered.stage
