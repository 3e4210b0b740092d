-- Yardstick of the funnel's speed: what a careful analyst writes in one go for exactly this data: one row per lead with the time of
-- every stage, cohorts summed from it. No versions of the stage map, no deals of their own, no visits, no tests.
-- Input: contracts.stage_events, contracts.leads, intermediate.int_leads_channelled, intermediate.int_days.
create or replace table reference_stage_events as
with stages(stage, source_stage, position, chain_rank) as (
    values ('lead', 'lead', 3, 1), ('mql', 'mql', 4, 2), ('sql', 'sql', 6, 3), ('proposal', 'proposal', 7, 4), ('won', 'won', 8, 5),
        ('paid', 'paid', 9, 6), ('returned', 'returned', 101, null), ('lost', 'lost', 102, null)
),

mapped as (
    select events.event_id, events.lead_id, events.deal_id, stages.stage, stages.position, stages.chain_rank, events.entered_at,
        events.source_system, events.pipeline, events.source_stage, events.source_record_key
    from contracts.stage_events as events
    inner join stages on lower(trim(events.source_stage)) = stages.source_stage
),

ordered as (
    select *,
        row_number() over history as sequence,
        lag(stage) over history as previous_stage,
        lead(entered_at) over history as left_at,
        coalesce(last_value(chain_rank ignore nulls) over (history rows between unbounded preceding and 1 preceding), 1) as previous_rank,
        coalesce(last_value(case when chain_rank is not null then position end ignore nulls)
            over (history rows between unbounded preceding and 1 preceding), 3) as previous_position
    from mapped
    window history as (partition by lead_id order by entered_at, position, event_id)
)

select event_id, lead_id, deal_id, stage, sequence, entered_at, left_at,
    case
        when stage = 'lost' then 'close'
        when stage = 'returned' then 'back'
        when previous_stage = stage then 'forward'
        when previous_stage is not null and position <= previous_position then 'back'
        when chain_rank > previous_rank + 1 then 'skip'
        else 'forward'
    end as direction,
    min(sequence) over (partition by lead_id, stage) < sequence and coalesce(previous_stage, '') <> stage as is_re_entry,
    source_system, pipeline, source_stage, source_record_key, 'test' as build_id
from ordered;

create or replace table reference_cohorts as
with first_entries as (
    select lead_id,
        min(entered_at) filter (where stage = 'lead') as lead,
        min(entered_at) filter (where stage = 'mql') as mql,
        min(entered_at) filter (where stage = 'sql') as sql,
        min(entered_at) filter (where stage = 'proposal') as proposal,
        min(entered_at) filter (where stage = 'won') as won,
        min(entered_at) filter (where stage = 'paid') as paid
    from reference_stage_events
    where entered_at <= timestamp '2026-07-01'
    group by lead_id
),

wide as (
    select leads.lead_id, least(first_entries.lead, leads.created_at, mql, sql, proposal, won, paid) as lead,
        least(mql, sql, proposal, won, paid) as mql,
        least(sql, proposal, won, paid) as sql,
        least(proposal, won, paid) as proposal,
        least(won, paid) as won,
        paid,
        channelled.channel,
        cast(timezone('Europe/Moscow', timezone('UTC', leads.created_at)) as date) as created_on
    from contracts.leads as leads
    left join first_entries using (lead_id)
    inner join intermediate.int_leads_channelled as channelled using (lead_id)
),

long as (
    select lead_id, channel, created_on, stage, reached_at
    from wide unpivot (reached_at for stage in (lead, mql, sql, proposal, won, paid))
),

dated as (
    select long.*, reached_days.month_starts_on as reached_month, created_days.month_starts_on as created_month
    from long
    inner join intermediate.int_days as reached_days
        on cast(timezone('Europe/Moscow', timezone('UTC', long.reached_at)) as date) = reached_days.date_on
    inner join intermediate.int_days as created_days on long.created_on = created_days.date_on
),

members as (
    select steps.cohort_basis, steps.from_stage, steps.to_stage, from_entries.channel,
        case steps.cohort_basis when 'lead' then from_entries.created_month else from_entries.reached_month end as month_starts_on,
        to_entries.lead_id is not null as is_converted,
        from_entries.reached_at + to_days(cast(steps.window_days as integer)) <= timestamp '2026-07-01' as is_exposed,
        epoch(to_entries.reached_at) - epoch(from_entries.reached_at) <= steps.window_days * 86400 as is_within_window
    from intermediate.int_funnel_steps as steps
    inner join dated as from_entries on steps.from_stage = from_entries.stage
    left join dated as to_entries on from_entries.lead_id = to_entries.lead_id and steps.to_stage = to_entries.stage
        and to_entries.reached_at >= from_entries.reached_at
)

select cohort_basis, from_stage, to_stage, month_starts_on, coalesce(channel, '(all)') as channel,
    count(*) as denominator,
    count(*) filter (where is_converted) as numerator,
    count(*) filter (where is_exposed) as exposed,
    count(*) filter (where is_exposed and is_within_window) as numerator_within_window
from members
group by grouping sets (
    (cohort_basis, from_stage, to_stage, month_starts_on, channel), (cohort_basis, from_stage, to_stage, month_starts_on)
);
