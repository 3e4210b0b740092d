{%- set history = 'partition by candidates.history_id order by candidates.entered_at, candidates.sequence_in_second, candidates.position, candidates.event_id' %}
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

placed as (
    select
        candidates.*,
        coalesce(candidates.source_sequence, 0) as sequence_in_second,
        stages.position,
        stages.chain_rank
    from candidates
    inner join {{ ref('int_stages_ranked') }} as stages
        on candidates.stage = stages.stage
),

-- One order for all that looks along a history, so that it is sorted once.
ordered as (
    select
        candidates.*,
        row_number() over ({{ history }}) as sequence,
        lag(candidates.stage) over ({{ history }}) as previous_stage,
        lead(candidates.entered_at) over ({{ history }}) as next_entered_at,
        {{ last_filled('candidates.chain_rank', history) }} as previous_chain_rank,
        {{ last_filled('case when candidates.chain_rank is not null then candidates.position end', history) }} as previous_position
    from placed as candidates
),

stages_entered as (
    select
        ordered.*,
        min(ordered.sequence) over (partition by ordered.history_id, ordered.stage) as first_sequence_of_stage
    from ordered
),

-- Before its first event a lead stands in the chain's first stage, `lead`.
compared as (
    select
        stages_entered.event_id,
        stages_entered.lead_id,
        stages_entered.deal_id,
        stages_entered.source_system,
        stages_entered.pipeline,
        stages_entered.source_stage,
        stages_entered.stage,
        stages_entered.is_opportunity,
        stages_entered.entered_at,
        coalesce(stages_entered.left_at, stages_entered.next_entered_at) as left_at,
        stages_entered.sequence,
        stages_entered.previous_stage,
        stages_entered.first_sequence_of_stage,
        stages_entered.position,
        stages_entered.chain_rank,
        coalesce(
            stages_entered.previous_chain_rank, case when stages_entered.lead_id is not null then 1 else stages_entered.chain_rank end
        ) as previous_chain_rank,
        coalesce(stages_entered.previous_position, first_stage.position) as previous_position,
        stages_entered.history_id,
        stages_entered.source_record_key
    from stages_entered
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
    left_at,
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
    first_sequence_of_stage < sequence and coalesce(previous_stage, '') <> stage as is_re_entry,
    history_id,
    source_record_key
from compared
