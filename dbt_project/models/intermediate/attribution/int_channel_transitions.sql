-- How often one state follows another on the paths that a Markov model reads (D55): of every converted journey, ending in
-- `(conversion)`, and of every owner who never converted, ending in `(null)`. A state is the last channels of the path, as many as
-- the order of the model; `to_channel` is the one arrived at. Counts are whole numbers, so the chain is exact.
-- Steps are counted a window at a time and named afterwards: a million of them share a few thousand names, and models of one window
-- its paths. Windows whose models all have order 1, as most do, are stepped through by themselves: one channel back costs less than four.
{%- set befores = 'steps.channel_before_1, steps.channel_before_2, steps.channel_before_3, steps.channel_before_4' %}
with markov_models as (
    select
        models.attribution_model,
        models.window_key,
        models.lookback_days,
        models.path_transform,
        models.drops_direct,
        models.markov_order
    from {{ ref('int_attribution_models_enabled') }} as models
    where models.rule = 'markov'
),

windows as (
    select
        markov_models.window_key,
        markov_models.lookback_days,
        markov_models.path_transform,
        markov_models.drops_direct,
        max(markov_models.markov_order) as longest_order
    from markov_models
    group by markov_models.window_key, markov_models.lookback_days, markov_models.path_transform, markov_models.drops_direct
),

levels as (
    select chains.journey_level
    from {{ ref('int_attribution_chains') }} as chains
    group by chains.journey_level
),

-- a number stands for two keys, as sorting pays for every byte of one
open_path_kinds as (
    select
        row_number() over (order by levels.journey_level, windows.window_key) as path_kind,
        levels.journey_level,
        windows.window_key,
        windows.lookback_days,
        windows.path_transform,
        windows.drops_direct,
        windows.longest_order = 1 and windows.path_transform = 'none' and not windows.drops_direct as is_plain
    from levels
    cross join windows
),

-- the usual paths; with one reader they pass straight into its sorting, while `read_paths` reads twice and DuckDB keeps a copy for it
plain_open_touches as (
    select
        path_kinds.path_kind,
        touches.owner_id,
        touches.chains_converted,
        touches.touch_id,
        touches.occurred_at,
        touches.source_sequence,
        touches.channel
    from {{ ref('int_open_touches') }} as touches
    inner join open_path_kinds as path_kinds
        on touches.journey_level = path_kinds.journey_level
    where path_kinds.is_plain and touches.age_seconds between 0 and path_kinds.lookback_days * 86400
),

other_open_touches as (
    select
        path_kinds.path_kind,
        path_kinds.path_transform,
        path_kinds.drops_direct,
        touches.owner_id,
        touches.chains_converted,
        touches.touch_id,
        touches.occurred_at,
        touches.source_sequence,
        touches.channel
    from {{ ref('int_open_touches') }} as touches
    inner join open_path_kinds as path_kinds
        on touches.journey_level = path_kinds.journey_level
    where not path_kinds.is_plain and touches.age_seconds between 0 and path_kinds.lookback_days * 86400
),

other_open_touches_read as (
    {{ read_paths(
        'other_open_touches',
        ['owner_id', 'path_kind'],
        ['path_kind', 'owner_id', 'chains_converted', 'touch_id', 'occurred_at', 'source_sequence', 'channel'],
    ) | indent(4) }}
),

{% set columns = ['path_kind', 'chains_converted'] -%}
{%- set path = {'path': ['owner_id', 'path_kind'], 'sort_by': ['occurred_at', 'source_sequence', 'touch_id']} -%}
open_steps as (
    {{ steps_of('plain_open_touches', columns, back=1, **path) | indent(4) }}
    union all
    {{ steps_of('other_open_touches_read', columns, back=4, **path) | indent(4) }}
),

open_counted as (
    select
        steps.path_kind,
        steps.chains_converted,
        steps.channel,
        {{ befores }},
        count(*) as times
    from open_steps as steps
    group by steps.path_kind, steps.chains_converted, steps.channel, {{ befores }}
),

near_journeys as (
    select
        journeys.conversion_key,
        journeys.window_key,
        journeys.position,
        journeys.channel
    from {{ ref('int_journeys') }} as journeys
    where journeys.window_key in (select windows.window_key from windows where windows.longest_order = 1)
),

far_journeys as (
    select
        journeys.conversion_key,
        journeys.window_key,
        journeys.position,
        journeys.channel
    from {{ ref('int_journeys') }} as journeys
    where journeys.window_key in (select windows.window_key from windows where windows.longest_order > 1)
),

{% set columns = ['conversion_key', 'window_key'] -%}
journey_steps as (
    {{ steps_of('near_journeys', columns, path=columns, sort_by=['position'], back=1) | indent(4) }}
    union all
    {{ steps_of('far_journeys', columns, path=columns, sort_by=['position'], back=4) | indent(4) }}
),

-- a journey is stepped through once, whatever number of chains and models read it
converted_counted as (
    select
        conversions.bit,
        steps.window_key,
        steps.channel,
        {{ befores }},
        count(*) as times
    from journey_steps as steps
    inner join {{ ref('int_chain_conversions') }} as conversions
        on steps.conversion_key = conversions.conversion_key
    group by conversions.bit, steps.window_key, steps.channel, {{ befores }}
),

counted as (
    select
        chains.conversion_kind,
        chains.level_asked,
        '(conversion)' as path_end,
        steps.window_key,
        steps.channel,
        {{ befores }},
        steps.times
    from converted_counted as steps
    inner join {{ ref('int_attribution_chains') }} as chains
        on steps.bit = chains.bit
    union all
    select
        chains.conversion_kind,
        chains.level_asked,
        '(null)' as path_end,
        path_kinds.window_key,
        steps.channel,
        {{ befores }},
        steps.times
    from open_counted as steps
    inner join open_path_kinds as path_kinds
        on steps.path_kind = path_kinds.path_kind
    inner join {{ ref('int_attribution_chains') }} as chains
        on path_kinds.journey_level = chains.journey_level
        and {{ floor_divide('steps.chains_converted', 'chains.bit') }} % 2 = 0
),

named as (
    select
        markov_models.attribution_model,
        steps.conversion_kind,
        steps.level_asked,
        steps.path_end,
        case
            when steps.channel_before_1 is null then '(start)'
            else
                {{ state_at(
                    ['steps.channel_before_1', 'steps.channel_before_2', 'steps.channel_before_3', 'steps.channel_before_4'],
                    'markov_models.markov_order',
                ) | indent(16) }}
        end as from_state,
        {{ state_at(
            ['steps.channel', 'steps.channel_before_1', 'steps.channel_before_2', 'steps.channel_before_3'],
            'markov_models.markov_order',
        ) | indent(8) }} as to_state,
        steps.channel as to_channel,
        steps.times
    from counted as steps
    inner join markov_models
        on steps.window_key = markov_models.window_key
),

-- whoever entered a state and did not leave it ended there, so no path is asked for its last touch
ways as (
    select 'followed' as way
    union all
    select 'entered' as way
    union all
    select 'left' as way
),

told as (
    select
        named.attribution_model,
        named.conversion_kind,
        named.level_asked,
        case when ways.way = 'entered' then named.to_state else named.from_state end as from_state,
        case when ways.way = 'followed' then named.to_state else named.path_end end as to_state,
        case when ways.way = 'followed' then named.to_channel end as to_channel,
        case when ways.way = 'left' then -named.times else named.times end as times
    from named
    inner join ways
        on named.from_state <> '(start)' or ways.way <> 'left'
)

select
    told.attribution_model,
    told.conversion_kind,
    told.level_asked,
    told.from_state,
    told.to_state,
    told.to_channel,
    cast(sum(told.times) as bigint) as transitions
from told
group by told.attribution_model, told.conversion_kind, told.level_asked, told.from_state, told.to_state, told.to_channel
having sum(told.times) > 0
