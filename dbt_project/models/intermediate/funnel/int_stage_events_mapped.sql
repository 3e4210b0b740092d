-- Passages that the CRM recorded, in the company's stages (D11). Events whose source stage has no entry in the stage
-- map stay out of every figure and are listed in `rpt_unmapped_stages`.
with deals_per_lead as (
    select
        deals.lead_id,
        count(*) as deals
    from {{ ref('deals') }} as deals
    where deals.lead_id is not null
    group by deals.lead_id
),

-- A lead and its only deal are one history; a lead with several deals has a history per deal.
events as (
    select
        stage_events.event_id,
        coalesce(stage_events.lead_id, deals.lead_id) as lead_id,
        stage_events.deal_id,
        stage_events.source_system,
        stage_events.pipeline,
        stage_events.source_stage,
        stage_events.entered_at,
        stage_events.left_at,
        stage_events.source_sequence,
        stage_events.source_record_key,
        case
            when coalesce(stage_events.lead_id, deals.lead_id) is not null
                and (stage_events.deal_id is null or coalesce(deals_per_lead.deals, 1) = 1)
                then 'lead:' || coalesce(stage_events.lead_id, deals.lead_id)
            else 'deal:' || coalesce(stage_events.deal_id, stage_events.event_id)
        end as history_id
    from {{ ref('stage_events') }} as stage_events
    left join {{ ref('deals') }} as deals
        on stage_events.deal_id = deals.deal_id
    left join deals_per_lead
        on coalesce(stage_events.lead_id, deals.lead_id) = deals_per_lead.lead_id
),

candidates as (
    {{ mapped_stages('events') | indent(4) }}
),

ordered as (
    select
        candidates.*,
        stages.position,
        stages.chain_rank,
        row_number() over (
            partition by candidates.history_id
            order by candidates.entered_at, coalesce(candidates.source_sequence, 0), stages.position, candidates.event_id
        ) as sequence
    from candidates
    inner join {{ ref('int_stages_ranked') }} as stages
        on candidates.stage = stages.stage
),

with_previous as (
    select
        ordered.*,
        lag(ordered.stage) over (partition by ordered.history_id order by ordered.sequence) as previous_stage,
        max(ordered.sequence) over (
            partition by ordered.history_id, ordered.stage
            order by ordered.sequence rows between unbounded preceding and 1 preceding
        ) as previous_sequence_of_stage,
        max(case when ordered.chain_rank is not null then ordered.sequence end) over (
            partition by ordered.history_id
            order by ordered.sequence rows between unbounded preceding and 1 preceding
        ) as previous_chain_sequence,
        lead(ordered.entered_at) over (partition by ordered.history_id order by ordered.sequence) as next_entered_at
    from ordered
),

-- Before its first event a lead stands in the chain's first stage, `lead`.
with_previous_chain as (
    select
        with_previous.*,
        coalesce(previous_chain.chain_rank, case when with_previous.lead_id is not null then 1 else with_previous.chain_rank end)
            as previous_chain_rank,
        coalesce(previous_chain.position, first_stage.position) as previous_position
    from with_previous
    left join ordered as previous_chain
        on with_previous.history_id = previous_chain.history_id
        and with_previous.previous_chain_sequence = previous_chain.sequence
    left join {{ ref('int_stages_ranked') }} as first_stage
        on first_stage.chain_rank = 1
)

select
    event_id,
    lead_id,
    deal_id,
    source_system,
    pipeline,
    source_stage,
    stage,
    coalesce(is_opportunity, false) as is_opportunity,
    entered_at,
    coalesce(left_at, next_entered_at) as left_at,
    cast(sequence as bigint) as sequence,
    cast(
        case
            when stage = 'lost' then 'close'
            when stage = 'returned' then 'back'
            when previous_stage = stage then 'forward'
            when previous_stage is not null and position <= previous_position then 'back'
            when chain_rank > previous_chain_rank + 1 then 'skip'
            else 'forward'
        end as string
    ) as direction,
    previous_sequence_of_stage is not null and coalesce(previous_stage, '') <> stage as is_re_entry,
    history_id,
    source_record_key
from with_previous_chain
