-- D10: a lead reached a stage of the main chain when it entered that stage or any later one; the first such entry is
-- `reached_at`. Leads marked duplicate or test are no unit of count (D6). The instants are what is known at
-- `evaluated_at`.
with counted_leads as (
    select
        leads.lead_id,
        leads.created_at
    from {{ ref('leads') }} as leads
    where not coalesce(leads.is_duplicate, false) and not coalesce(leads.is_test, false)
),

recorded_entries as (
    select
        events.lead_id,
        events.stage,
        min(events.entered_at) as entered_at
    from {{ ref('int_stage_events_mapped') }} as events
    group by events.lead_id, events.stage
),

-- What other records say about three stages; used where the CRM's event log has no entry. A lead stands in `lead` from its
-- creation on, whenever the log began.
other_entries as (
    select
        counted_leads.lead_id,
        'lead' as stage,
        counted_leads.created_at as entered_at
    from counted_leads
    union all
    select
        deals.lead_id,
        'won' as stage,
        deals.won_at as entered_at
    from {{ ref('int_deals_valued') }} as deals
    where deals.lead_id is not null and deals.won_at is not null
    union all
    select
        deals.lead_id,
        'paid' as stage,
        deals.paid_at as entered_at
    from {{ ref('int_deals_valued') }} as deals
    where deals.lead_id is not null and deals.paid_at is not null
),

entries as (
    select
        recorded_entries.lead_id,
        recorded_entries.stage,
        recorded_entries.entered_at
    from recorded_entries
    union all
    select
        other_entries.lead_id,
        other_entries.stage,
        min(other_entries.entered_at) as entered_at
    from other_entries
    left join recorded_entries
        on other_entries.lead_id = recorded_entries.lead_id
        and other_entries.stage = recorded_entries.stage
    where recorded_entries.lead_id is null or other_entries.stage = 'lead'
    group by other_entries.lead_id, other_entries.stage
),

chain_entries as (
    select
        entries.lead_id,
        stages.chain_rank,
        entries.entered_at
    from entries
    inner join counted_leads
        on entries.lead_id = counted_leads.lead_id
    inner join {{ ref('int_stages_ranked') }} as stages
        on entries.stage = stages.stage
    where stages.chain_rank is not null and entries.entered_at <= {{ build_fact('evaluated_at') }}
)

select
    chain_entries.lead_id,
    stages.stage,
    min(chain_entries.entered_at) as reached_at,
    max(case when chain_entries.chain_rank = stages.chain_rank then 1 else 0 end) = 0 as is_implied
from chain_entries
inner join {{ ref('int_stages_ranked') }} as stages
    on chain_entries.chain_rank >= stages.chain_rank
group by chain_entries.lead_id, stages.stage
