{{ config(materialized='view') }}
-- Integer parts of each touch under each enabled model, as running sums: `parts_before` and `parts_through` the touch and
-- `parts_total` of the journey; touches with a part of 0 are left out. A further model adds its rows here.
-- A view: written out it would be six times the journeys, and only the ledger reads it.
with shares_of_models as (
    select
        measured.conversion_key,
        measured.window_key,
        measured.touches,
        coalesce(measured.last_non_direct_position, measured.touches) as last_non_direct_position,
        measured.decay_parts_total,
        models.attribution_model,
        models.rule,
        models.definition_version,
        models.first_share,
        models.lead_created_share,
        models.opportunity_created_share,
        models.last_share,
        models.rest_share,
        case when models.first_share > 0 then 1 end as first_position,
        case when models.lead_created_share > 0 then measured.lead_created_position end as lead_created_position,
        case when models.opportunity_created_share > 0 then measured.opportunity_created_position end as opportunity_created_position,
        case when models.last_share > 0 then measured.touches end as last_position,
        models.lead_created_share + models.opportunity_created_share > 0 as has_milestones,
        measured.last_non_direct_position is null as is_all_direct
    from {{ ref('int_journeys_measured') }} as measured
    inner join {{ ref('int_attribution_models_enabled') }} as models
        on measured.window_key = models.window_key
),

-- an anchor's touch is its own when no earlier anchor of the list stands on the same touch
anchors_told_apart as (
    select
        shares_of_models.*,
        case when first_position is not null then 1 else 0 end as first_is_own,
        case when lead_created_position is not null and lead_created_position <> coalesce(first_position, 0) then 1 else 0 end
            as lead_created_is_own,
        case
            when opportunity_created_position is not null
                and opportunity_created_position <> coalesce(first_position, 0)
                and opportunity_created_position <> coalesce(lead_created_position, 0)
                then 1
            else 0
        end as opportunity_created_is_own,
        case
            when last_position is not null
                and last_position <> coalesce(first_position, 0)
                and last_position <> coalesce(lead_created_position, 0)
                and last_position <> coalesce(opportunity_created_position, 0)
                then 1
            else 0
        end as last_is_own
    from shares_of_models
),

shares as (
    select
        anchors_told_apart.*,
        touches - first_is_own - lead_created_is_own - opportunity_created_is_own - last_is_own as unanchored_touches,
        case
            when rule = 'anchored' and touches > 1 and has_milestones
                and lead_created_position is null and opportunity_created_position is null
                then 'milestones_missing'
            when rule = 'anchored'
                and coalesce(first_position, lead_created_position, opportunity_created_position, last_position) is null
                then 'linear'
            when rule = 'last_non_direct' and is_all_direct then 'all_direct'
            else rule
        end as fired_rule
    from anchors_told_apart
),

running as (
    select
        journeys.conversion_key,
        journeys.window_key,
        journeys.position,
        shares.attribution_model,
        shares.fired_rule as rule,
        shares.definition_version,
        case
            when shares.fired_rule = 'time_decay' then journeys.decay_parts_through - journeys.decay_parts
            else {{ parts_through('(journeys.position - 1)') | indent(12) }}
        end as parts_before,
        case
            when shares.fired_rule = 'time_decay' then journeys.decay_parts_through
            else {{ parts_through('journeys.position') | indent(12) }}
        end as parts_through,
        case
            when shares.fired_rule = 'time_decay' then shares.decay_parts_total
            else {{ parts_through('shares.touches') | indent(12) }}
        end as parts_total
    from {{ ref('int_journeys') }} as journeys
    inner join shares
        on journeys.conversion_key = shares.conversion_key
        and journeys.window_key = shares.window_key
)

select
    running.conversion_key,
    running.window_key,
    running.position,
    running.attribution_model,
    running.rule,
    cast(running.parts_before as bigint) as parts_before,
    cast(running.parts_through as bigint) as parts_through,
    cast(running.parts_total as bigint) as parts_total,
    running.definition_version
from running
where running.parts_through > running.parts_before
