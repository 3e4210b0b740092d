{{ config(materialized=view_or_spark_table()) }}
-- Integer parts of each touch under each enabled model, as running sums: `parts_before` and `parts_through` the touch and
-- `parts_total` of the journey; touches with a part of 0 are left out. A further model adds its rows here.
-- Shapley and Markov split twice (D57): a conversion over the channels of its journey by `channel_parts_*`, what a channel got
-- over its touches by `parts_*`. For every other model the first split is of one part.
-- A view: written out it would be ten times the journeys, and only the ledger reads it.
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
    where models.rule not in ('shapley', 'markov', 'custom')
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
            -- spelt out instead of `else rule`: a column that a small table hands on through a CASE is one dictionary in all batches to
            -- DuckDB 2.0.0; where another branch fires it is not, and the statement ends with an internal error (5 M touches, 50 channels)
            {%- for name in ['first', 'last', 'last_non_direct', 'linear', 'anchored', 'time_decay'] %}
            when rule = '{{ name }}' then '{{ name }}'
            {%- endfor %}
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
),

-- custom weights sum as they are; a journey of which no touch has any weight is shared equally (D54)
custom_weighed as (
    select
        journeys.conversion_key,
        journeys.window_key,
        journeys.position,
        models.attribution_model,
        models.definition_version,
        weights.weight_millionths
    from {{ ref('int_journeys') }} as journeys
    inner join {{ ref('int_attribution_models_enabled') }} as models
        on journeys.window_key = models.window_key
    inner join {{ ref('int_touches_channelled') }} as touches
        on journeys.touch_id = touches.touch_id
    inner join {{ ref('int_custom_weights') }} as weights
        on models.attribution_model = weights.attribution_model
        and touches.kind = weights.kind
        and touches.team is not distinct from weights.team
    where models.rule = 'custom'
),

custom_summed as (
    select
        custom_weighed.*,
        sum(custom_weighed.weight_millionths) over journey as weight_through,
        sum(custom_weighed.weight_millionths) over whole_journey as weight_total,
        count(*) over whole_journey as touches
    from custom_weighed
    window
        journey as (
            partition by custom_weighed.conversion_key, custom_weighed.attribution_model
            order by custom_weighed.position
            rows between unbounded preceding and current row
        ),
        whole_journey as (partition by custom_weighed.conversion_key, custom_weighed.attribution_model)
),

-- the effect of a channel that a path met is 0 where nothing is lost without it; where all are 0 they count the same (D55)
channels_weighed as (
    select
        channels.conversion_key,
        channels.window_key,
        channels.channel,
        channels.touches,
        channels.channel_position,
        models.attribution_model,
        models.rule,
        models.definition_version,
        case models.rule when 'shapley' then 1 else effects.effect_parts end as effect_parts,
        max(case models.rule when 'shapley' then 1 else effects.effect_parts end) over (
            partition by channels.conversion_key, models.attribution_model
        ) as highest_effect_parts
    from {{ ref('int_journey_channels') }} as channels
    inner join {{ ref('int_attribution_models_enabled') }} as models
        on channels.window_key = models.window_key
    inner join {{ ref('int_conversions_levelled') }} as conversions
        on channels.conversion_key = conversions.conversion_key
    left join {{ ref('stg_ml__removal_effects') }} as effects
        on models.attribution_model = effects.attribution_model
        and conversions.kind = effects.conversion_kind
        and conversions.level_asked = effects.level_asked
        and channels.channel = effects.channel
    where models.rule in ('shapley', 'markov')
),

channels_summed as (
    select
        channels_weighed.*,
        case when channels_weighed.highest_effect_parts = 0 then 1 else channels_weighed.effect_parts end as parts,
        sum(case when channels_weighed.highest_effect_parts = 0 then 1 else channels_weighed.effect_parts end) over (
            partition by channels_weighed.conversion_key, channels_weighed.attribution_model
            order by channels_weighed.channel_position
            rows between unbounded preceding and current row
        ) as parts_through,
        sum(case when channels_weighed.highest_effect_parts = 0 then 1 else channels_weighed.effect_parts end) over (
            partition by channels_weighed.conversion_key, channels_weighed.attribution_model
        ) as parts_total
    from channels_weighed
),

split_once as (
    select
        running.conversion_key,
        running.window_key,
        running.position,
        running.attribution_model,
        running.rule,
        running.parts_before,
        running.parts_through,
        running.parts_total,
        running.definition_version
    from running
    where running.parts_through > running.parts_before
    union all
    select
        custom_summed.conversion_key,
        custom_summed.window_key,
        custom_summed.position,
        custom_summed.attribution_model,
        case when custom_summed.weight_total = 0 then 'linear' else 'custom' end as rule,
        case
            when custom_summed.weight_total = 0 then custom_summed.position - 1
            else custom_summed.weight_through - custom_summed.weight_millionths
        end as parts_before,
        case when custom_summed.weight_total = 0 then custom_summed.position else custom_summed.weight_through end as parts_through,
        case when custom_summed.weight_total = 0 then custom_summed.touches else custom_summed.weight_total end as parts_total,
        custom_summed.definition_version
    from custom_summed
    where custom_summed.weight_total = 0 or custom_summed.weight_millionths > 0
)

select
    split_once.conversion_key,
    split_once.window_key,
    split_once.position,
    split_once.attribution_model,
    split_once.rule,
    cast(0 as bigint) as channel_parts_before,
    cast(1 as bigint) as channel_parts_through,
    cast(1 as bigint) as channel_parts_total,
    cast(split_once.parts_before as bigint) as parts_before,
    cast(split_once.parts_through as bigint) as parts_through,
    cast(split_once.parts_total as bigint) as parts_total,
    split_once.definition_version
from split_once
union all
select
    journeys.conversion_key,
    journeys.window_key,
    journeys.position,
    channels_summed.attribution_model,
    channels_summed.rule,
    cast(channels_summed.parts_through - channels_summed.parts as bigint) as channel_parts_before,
    cast(channels_summed.parts_through as bigint) as channel_parts_through,
    cast(channels_summed.parts_total as bigint) as channel_parts_total,
    journeys.position_in_channel - 1 as parts_before,
    journeys.position_in_channel as parts_through,
    channels_summed.touches as parts_total,
    channels_summed.definition_version
from {{ ref('int_journeys') }} as journeys
inner join channels_summed
    on journeys.conversion_key = channels_summed.conversion_key
    and journeys.window_key = channels_summed.window_key
    and journeys.channel = channels_summed.channel
where channels_summed.parts > 0
