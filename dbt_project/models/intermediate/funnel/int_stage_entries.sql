-- First entry of a counted lead into a stage, with the month it falls in and the lead's own cohort month and channel.
-- Main chain by D10 (`int_leads_reached`); side stages between `lead` and the terminal ones are never implied: by the CRM's
-- entries, `sql_candidate` also by the score state, `retained` and `expanded` also by what the lead's customer did after its win.
with counted_leads as (
    select
        reached.lead_id
    from {{ ref('int_leads_reached') }} as reached
    where reached.stage = 'lead'
),

-- A candidate for SQL is an MQL whose score is hot: a score that was hot before counts from the entry into `mql`.
candidates_by_score as (
    select
        states.lead_id,
        min(greatest(states.entered_at, qualified.reached_at)) as reached_at
    from {{ ref('int_score_states') }} as states
    inner join {{ ref('int_leads_reached') }} as qualified
        on states.lead_id = qualified.lead_id
        and qualified.stage = 'mql'
    where states.left_at is null or states.left_at > qualified.reached_at
    group by states.lead_id
),

after_sale as (
    select
        deals.lead_id,
        events.stage,
        min(events.occurred_at) as reached_at
    from {{ ref('int_after_sale_events') }} as events
    inner join {{ ref('int_deals_valued') }} as deals
        on events.customer_id = deals.customer_id
    where events.evidence <> 'stages'
        and events.stage is not null
        and events.occurred_at > deals.won_at
        and deals.lead_id is not null
        and events.occurred_at <= {{ build_fact('evaluated_at') }}
    group by deals.lead_id, events.stage
),

side_entries as (
    select
        events.lead_id,
        events.stage,
        events.entered_at as reached_at
    from {{ ref('int_stage_events_mapped') }} as events
    where events.stage in ('sql_candidate', 'retained', 'expanded')
        and events.entered_at <= {{ build_fact('evaluated_at') }}
    union all
    select
        candidates_by_score.lead_id,
        'sql_candidate' as stage,
        candidates_by_score.reached_at
    from candidates_by_score
    union all
    select
        after_sale.lead_id,
        after_sale.stage,
        after_sale.reached_at
    from after_sale
),

entries as (
    select
        reached.lead_id,
        reached.stage,
        reached.reached_at,
        reached.is_implied
    from {{ ref('int_leads_reached') }} as reached
    union all
    select
        side_entries.lead_id,
        side_entries.stage,
        min(side_entries.reached_at) as reached_at,
        false as is_implied
    from side_entries
    inner join counted_leads
        on side_entries.lead_id = counted_leads.lead_id
    group by side_entries.lead_id, side_entries.stage
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
