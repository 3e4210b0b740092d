-- First entry of a counted lead into a stage, with the month it falls in and the lead's own cohort month and channel.
-- Main chain by D10 (`int_leads_reached`); side stages between `lead` and the terminal ones by their real entries only.
with entries as (
    select
        reached.lead_id,
        reached.stage,
        reached.reached_at,
        reached.is_implied
    from {{ ref('int_leads_reached') }} as reached
    union all
    select
        events.lead_id,
        events.stage,
        min(events.entered_at) as reached_at,
        false as is_implied
    from {{ ref('int_stage_events_mapped') }} as events
    inner join {{ ref('int_leads_reached') }} as counted
        on events.lead_id = counted.lead_id
        and counted.stage = 'lead'
    where events.stage in ('sql_candidate', 'retained', 'expanded')
        and events.entered_at <= {{ build_fact('evaluated_at') }}
    group by events.lead_id, events.stage
),

-- Local dates stand in columns before they are joined: a join on an expression with a subquery is no hash join.
dated as (
    select
        entries.lead_id,
        entries.stage,
        entries.reached_at,
        entries.is_implied,
        {{ local_date('entries.reached_at') }} as reached_on,
        {{ local_date('leads.created_at') }} as created_on
    from entries
    inner join {{ ref('leads') }} as leads
        on entries.lead_id = leads.lead_id
)

select
    dated.lead_id,
    dated.stage,
    dated.reached_at,
    dated.is_implied,
    reached_days.month_starts_on as reached_month_starts_on,
    created_days.month_starts_on as created_month_starts_on,
    coalesce(channelled.channel, 'unknown') as channel
from dated
left join {{ ref('int_leads_channelled') }} as channelled
    on dated.lead_id = channelled.lead_id
inner join {{ ref('int_days') }} as reached_days
    on dated.reached_on = reached_days.date_on
inner join {{ ref('int_days') }} as created_days
    on dated.created_on = created_days.date_on
