-- Steps of the hand-over as the company's rules know them (definition handover_rules). A record may tell of several steps: where
-- the CRM has one action for accepting and confirming, both stand here at one instant (D30).
with mapped_stages as (
    select
        mapped.event_id,
        mapped.stage,
        stages.chain_rank
    from {{ ref('int_stage_events_mapped') }} as mapped
    inner join {{ ref('int_stages_ranked') }} as stages
        on mapped.stage = stages.stage
),

passages as (
    select
        stage_events.event_id,
        coalesce(stage_events.lead_id, deals.lead_id) as lead_id,
        stage_events.source_system,
        stage_events.pipeline,
        stage_events.source_stage,
        mapped_stages.stage,
        mapped_stages.chain_rank,
        stage_events.entered_at,
        coalesce(stage_events.source_sequence, 0) as source_sequence,
        stage_events.source_record_key,
        lag(stage_events.pipeline) over (
            partition by coalesce(stage_events.lead_id, deals.lead_id)
            order by stage_events.entered_at, coalesce(stage_events.source_sequence, 0), stage_events.event_id
        ) as previous_pipeline
    from {{ ref('stage_events') }} as stage_events
    left join {{ ref('deals') }} as deals
        on stage_events.deal_id = deals.deal_id
    left join mapped_stages
        on stage_events.event_id = mapped_stages.event_id
    where coalesce(stage_events.lead_id, deals.lead_id) is not null
),

-- Robots and integrations hold leads only until somebody gets them.
assigned as (
    select
        assignments.assignment_id,
        coalesce(assignments.lead_id, deals.lead_id) as lead_id,
        assignments.source_system,
        owners.team,
        assignments.assigned_at,
        assignments.source_record_key,
        row_number() over (
            partition by coalesce(assignments.lead_id, deals.lead_id)
            order by assignments.assigned_at, assignments.assignment_id
        ) as sequence,
        lag(owners.team) over (
            partition by coalesce(assignments.lead_id, deals.lead_id)
            order by assignments.assigned_at, assignments.assignment_id
        ) as previous_team
    from {{ ref('assignments') }} as assignments
    inner join {{ ref('int_owners_merged') }} as owners
        on assignments.owner_id = owners.owner_id
    left join {{ ref('deals') }} as deals
        on assignments.deal_id = deals.deal_id
    where coalesce(assignments.lead_id, deals.lead_id) is not null
        and owners.team in ('marketing', 'sales')
        and coalesce(owners.is_human, true)
),

signs as (
    select
        passages.event_id as record_id,
        passages.lead_id,
        passages.source_system,
        passages.pipeline,
        'source_stage' as trigger,
        passages.source_stage as value,
        passages.entered_at as occurred_at,
        passages.source_sequence,
        passages.source_record_key
    from passages
    union all
    select
        passages.event_id,
        passages.lead_id,
        passages.source_system,
        passages.pipeline,
        'stage' as trigger,
        passages.stage,
        passages.entered_at,
        passages.source_sequence,
        passages.source_record_key
    from passages
    where passages.stage is not null
    union all
    -- a lead that was made in the pipeline of sales was never marketing's
    select
        passages.event_id,
        passages.lead_id,
        passages.source_system,
        '*' as pipeline,
        'pipeline' as trigger,
        passages.pipeline,
        passages.entered_at,
        passages.source_sequence,
        passages.source_record_key
    from passages
    where passages.previous_pipeline is not null and passages.pipeline <> passages.previous_pipeline
    union all
    select
        assigned.assignment_id,
        assigned.lead_id,
        assigned.source_system,
        '*' as pipeline,
        'owner_team' as trigger,
        assigned.team,
        assigned.assigned_at,
        cast(0 as bigint) as source_sequence,
        assigned.source_record_key
    from assigned
    where assigned.team <> assigned.previous_team
    union all
    select
        assigned.assignment_id,
        assigned.lead_id,
        assigned.source_system,
        '*' as pipeline,
        'first_owner_team' as trigger,
        assigned.team,
        assigned.assigned_at,
        cast(0 as bigint) as source_sequence,
        assigned.source_record_key
    from assigned
    where assigned.sequence = 1
    union all
    select
        rejections.rejection_id,
        rejections.lead_id,
        rejections.source_system,
        '*' as pipeline,
        'rejection' as trigger,
        rejections.kind,
        rejections.rejected_at,
        cast(0 as bigint) as source_sequence,
        rejections.source_record_key
    from {{ ref('int_rejections_mapped') }} as rejections
    where rejections.lead_id is not null
),

dated_signs as (
    select
        signs.*,
        {{ lower_text('trim(signs.value)') }} as value_key,
        {{ local_date('signs.occurred_at') }} as occurred_on
    from signs
),

rules as (
    select
        handover_rules.*,
        {{ lower_text('trim(handover_rules.value)') }} as value_key
    from {{ ref('stg_definitions__handover_rules') }} as handover_rules
),

-- Rules of a source take the place of those for any source, step by step.
steps_with_own_rules as (
    select distinct
        rules.source_system,
        rules.event
    from rules
    where rules.source_system <> '*'
),

recognised as (
    select
        dated_signs.lead_id,
        rules.event,
        dated_signs.occurred_at,
        dated_signs.source_sequence,
        dated_signs.source_system,
        dated_signs.record_id,
        dated_signs.source_record_key,
        rules.source_system as rule_source_system,
        rules.definition_version
    from dated_signs
    inner join rules
        on dated_signs.trigger = rules.trigger
        and dated_signs.value_key = rules.value_key
        and (rules.source_system = '*' or dated_signs.source_system = rules.source_system)
        and (rules.pipeline = '*' or dated_signs.pipeline = rules.pipeline)
        and {{ holds_on('rules', 'dated_signs.occurred_on') }}
),

by_rule as (
    select
        recognised.lead_id,
        recognised.event,
        recognised.occurred_at,
        recognised.source_sequence,
        false as is_implied,
        recognised.source_system,
        recognised.record_id,
        recognised.source_record_key,
        recognised.definition_version
    from recognised
    left join steps_with_own_rules
        on recognised.source_system = steps_with_own_rules.source_system
        and recognised.event = steps_with_own_rules.event
    where recognised.rule_source_system <> '*' or steps_with_own_rules.event is null
),

confirmed_rank as (
    select max(stages.chain_rank) as chain_rank
    from {{ ref('int_stages_ranked') }} as stages
    where stages.stage = 'sql'
),

-- Whoever stands behind `sql` was confirmed on the way, on record or not (D10, D35).
implied as (
    select
        passages.lead_id,
        'confirmed' as event,
        passages.entered_at as occurred_at,
        passages.source_sequence,
        true as is_implied,
        passages.source_system,
        passages.event_id as record_id,
        passages.source_record_key,
        cast(null as string) as definition_version
    from passages
    inner join confirmed_rank
        on passages.chain_rank > confirmed_rank.chain_rank
    union all
    select
        deals.lead_id,
        'confirmed' as event,
        deals.won_at as occurred_at,
        cast(0 as bigint) as source_sequence,
        true as is_implied,
        deals.source_system,
        deals.deal_id as record_id,
        deals.source_record_key,
        cast(null as string) as definition_version
    from {{ ref('int_deals_valued') }} as deals
    where deals.lead_id is not null and deals.won_at is not null
),

-- A duplicate that sales closes as one never was a lead (D6).
voided as (
    select
        rejections.lead_id,
        'void' as event,
        rejections.rejected_at as occurred_at,
        cast(0 as bigint) as source_sequence,
        false as is_implied,
        rejections.source_system,
        rejections.rejection_id as record_id,
        rejections.source_record_key,
        cast(null as string) as definition_version
    from {{ ref('int_rejections_mapped') }} as rejections
    where rejections.lead_id is not null and rejections.reason = 'duplicate'
),

all_events as (
    select * from by_rule
    union all
    select * from implied
    union all
    select * from voided
),

known_events as (
    select
        all_events.*,
        row_number() over (
            partition by all_events.lead_id, all_events.event, all_events.record_id
            order by case when all_events.is_implied then 1 else 0 end, all_events.occurred_at, all_events.source_record_key
        ) as candidate
    from all_events
    inner join {{ ref('leads') }} as leads
        on all_events.lead_id = leads.lead_id
    where all_events.occurred_at <= {{ build_fact('evaluated_at') }}
)

select
    known_events.lead_id,
    known_events.event,
    known_events.record_id,
    known_events.occurred_at,
    row_number() over (
        partition by known_events.lead_id
        order by
            known_events.occurred_at,
            known_events.source_sequence,
            -- a void says more than the rejection it was told by, and what is given over and decided in one second was given first
            case known_events.event when 'void' then 0 when 'handed_over' then 1 when 'accepted' then 2 else 3 end,
            case when known_events.is_implied then 1 else 0 end,
            known_events.event,
            known_events.record_id
    ) as sequence,
    known_events.is_implied,
    known_events.source_system,
    known_events.source_record_key,
    known_events.definition_version
from known_events
where known_events.candidate = 1
