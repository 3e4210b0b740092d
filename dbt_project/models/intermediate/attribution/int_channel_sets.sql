-- How many paths met which set of channels, and how many of them converted: what the exact Shapley values of a conversion rate are
-- made of. One row a set and channel in it. Channels are numbered, so a set is a whole number; where more channels are on record than
-- it has digits there are no sets, only their names.
with shapley_models as (
    select
        models.attribution_model,
        models.window_key,
        models.lookback_days,
        models.drops_direct
    from {{ ref('int_attribution_models_enabled') }} as models
    where models.rule = 'shapley'
),

channels_met as (
    select touches.channel
    from {{ ref('int_touches_channelled') }} as touches
    where touches.is_creditable and touches.collapsed_into is null
    group by touches.channel
),

numbered as (
    select
        channels_met.channel,
        case
            when count(*) over () <= 60
                then {{ power_of_two('row_number() over (order by channels_met.channel) - 1') }}
            else 0
        end as bit
    from channels_met
),

converted_sets as (
    select
        conversions.conversion_kind,
        conversions.level_asked,
        models.attribution_model,
        channels.conversion_key,
        sum(numbered.bit) as channel_set
    from {{ ref('int_journey_channels') }} as channels
    inner join shapley_models as models
        on channels.window_key = models.window_key
    inner join {{ ref('int_chain_conversions') }} as conversions
        on channels.conversion_key = conversions.conversion_key
    inner join numbered
        on channels.channel = numbered.channel
    group by conversions.conversion_kind, conversions.level_asked, models.attribution_model, channels.conversion_key
),

open_channels as (
    select
        touches.journey_level,
        touches.owner_id,
        touches.chains_converted,
        models.attribution_model,
        models.drops_direct,
        touches.channel
    from {{ ref('int_open_touches') }} as touches
    cross join shapley_models as models
    where touches.age_seconds between 0 and models.lookback_days * 86400
    group by
        touches.journey_level, touches.owner_id, touches.chains_converted, models.attribution_model, models.drops_direct, touches.channel
),

-- a path of direct touches alone keeps them
open_sets as (
    select
        open_channels.journey_level,
        open_channels.chains_converted,
        open_channels.attribution_model,
        case
            when open_channels.drops_direct and count(*) > 1
                then sum(case when open_channels.channel = 'direct' then 0 else numbered.bit end)
            else sum(numbered.bit)
        end as channel_set
    from open_channels
    inner join numbered
        on open_channels.channel = numbered.channel
    group by
        open_channels.journey_level, open_channels.owner_id, open_channels.chains_converted, open_channels.attribution_model,
        open_channels.drops_direct
),

counted as (
    select
        converted_sets.attribution_model,
        converted_sets.conversion_kind,
        converted_sets.level_asked,
        converted_sets.channel_set,
        count(*) as paths,
        count(*) as converted_paths
    from converted_sets
    group by
        converted_sets.attribution_model, converted_sets.conversion_kind, converted_sets.level_asked, converted_sets.channel_set
    union all
    select
        open_counted.attribution_model,
        chains.conversion_kind,
        chains.level_asked,
        open_counted.channel_set,
        open_counted.paths,
        0 as converted_paths
    from (
        select open_sets.journey_level, open_sets.chains_converted, open_sets.attribution_model, open_sets.channel_set, count(*) as paths
        from open_sets
        group by open_sets.journey_level, open_sets.chains_converted, open_sets.attribution_model, open_sets.channel_set
    ) as open_counted
    inner join {{ ref('int_attribution_chains') }} as chains
        on open_counted.journey_level = chains.journey_level
        and {{ floor_divide('open_counted.chains_converted', 'chains.bit') }} % 2 = 0
),

sets as (
    select
        counted.attribution_model,
        counted.conversion_kind,
        counted.level_asked,
        cast(counted.channel_set as bigint) as channel_set,
        cast(sum(counted.paths) as bigint) as paths,
        cast(sum(counted.converted_paths) as bigint) as converted_paths
    from counted
    group by counted.attribution_model, counted.conversion_kind, counted.level_asked, counted.channel_set
)

select
    sets.attribution_model,
    sets.conversion_kind,
    sets.level_asked,
    sets.channel_set,
    numbered.channel,
    sets.paths,
    sets.converted_paths
from sets
inner join numbered
    on case when numbered.bit = 0 then true else {{ floor_divide('sets.channel_set', 'nullif(numbered.bit, 0)') }} % 2 = 1 end
