-- How often one state follows another on the paths that a Markov model reads (D55): of every converted journey, ending in
-- `(conversion)`, and of every owner who never converted, ending in `(null)`. A state is the last channels of the path, as many as
-- the order of the model; `to_channel` is the one arrived at. Counts are whole numbers, so the chain is exact.
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

kinds as (
    select
        conversion_kinds.conversion_kind,
        conversion_kinds.journey_level
    from {{ ref('stg_definitions__conversion_kinds') }} as conversion_kinds
    where {{ holds_on('conversion_kinds', evaluation_date()) }} and conversion_kinds.is_attributed
),

-- a chain a kind, and one more for every other level that its conversions are asked for at (D52)
chains_wanted as (
    select kinds.conversion_kind, 'default' as level_asked, kinds.journey_level
    from kinds
    union all
    select kinds.conversion_kind, conversion_levels.journey_level as level_asked, conversion_levels.journey_level
    from kinds
    inner join {{ ref('stg_definitions__conversion_levels') }} as conversion_levels
        on kinds.conversion_kind = conversion_levels.conversion_kind
        and kinds.journey_level <> conversion_levels.journey_level
    where {{ holds_on('conversion_levels', evaluation_date()) }} and conversion_levels.is_stored
),

-- every chain has a bit of its own, so that what an owner converted to is one number
chains as (
    select
        chains_wanted.*,
        {{ power_of_two('row_number() over (order by chains_wanted.conversion_kind, chains_wanted.level_asked) - 1') }} as bit
    from chains_wanted
),

levels as (
    select chains.journey_level
    from chains
    group by chains.journey_level
),

-- at a level that was asked for there are also the conversions that stand at it by default
conversions_of_chains as (
    select
        conversions.conversion_key,
        conversions.journey_owner_id,
        chains.conversion_kind,
        chains.level_asked,
        chains.bit
    from {{ ref('int_conversions_levelled') }} as conversions
    inner join chains
        on conversions.kind = chains.conversion_kind
        and (
            conversions.level_asked = chains.level_asked
            or (conversions.level_asked = 'default' and conversions.journey_level = chains.level_asked)
        )
    where conversions.is_attributed
),

-- an owner at the level of a chain: the account where a member has one, else the member; only people convert on their own, also
-- where the level is the deal, for there was none
touches_until_now as (
    select
        levels.journey_level,
        case levels.journey_level
            when 'account' then coalesce('account:' || touches.account_id, touches.member_id)
            else touches.member_id
        end as owner_id,
        touches.member_id,
        touches.touch_id,
        touches.occurred_at,
        coalesce(touches.source_sequence, 0) as source_sequence,
        touches.channel,
        {{ seconds_between('touches.occurred_at', build_fact('evaluated_at')) }} as age_seconds
    from {{ ref('int_touches_channelled') }} as touches
    cross join levels
    where touches.is_creditable
        and touches.collapsed_into is null
        and touches.member_id is not null
        and (levels.journey_level = 'account' or not (touches.member_id like 'deal:%' or touches.member_id like 'account:%'))
),

-- whoever belongs to the journey of a conversion of the kind has converted, and with one member the whole account
converted_members as (
    select
        members.member_id,
        conversions_of_chains.bit
    from conversions_of_chains
    inner join {{ ref('int_journey_members') }} as members
        on conversions_of_chains.journey_owner_id = members.journey_owner_id
    group by members.member_id, conversions_of_chains.bit
),

converted_owners as (
    select
        owners.journey_level,
        owners.owner_id,
        sum(owners.bit) as chains_converted
    from (
        select
            touches_until_now.journey_level,
            touches_until_now.owner_id,
            converted_members.bit
        from touches_until_now
        inner join converted_members
            on touches_until_now.member_id = converted_members.member_id
        group by touches_until_now.journey_level, touches_until_now.owner_id, converted_members.bit
    ) as owners
    group by owners.journey_level, owners.owner_id
),

open_touches as (
    select
        touches_until_now.journey_level,
        touches_until_now.owner_id,
        cast(coalesce(converted_owners.chains_converted, 0) as bigint) as chains_converted,
        markov_models.attribution_model,
        markov_models.markov_order,
        markov_models.path_transform,
        markov_models.drops_direct,
        touches_until_now.touch_id,
        touches_until_now.occurred_at,
        touches_until_now.source_sequence,
        touches_until_now.channel
    from touches_until_now
    cross join markov_models
    left join converted_owners
        on touches_until_now.journey_level = converted_owners.journey_level
        and touches_until_now.owner_id = converted_owners.owner_id
    where touches_until_now.age_seconds between 0 and markov_models.lookback_days * 86400
),

open_touches_read as (
    {{ read_paths(
        'open_touches',
        ['journey_level', 'owner_id', 'attribution_model'],
        ['journey_level', 'owner_id', 'chains_converted', 'attribution_model', 'markov_order', 'touch_id', 'occurred_at', 'source_sequence', 'channel'],
    ) | indent(4) }}
),

open_steps as (
    select
        touches.journey_level,
        touches.chains_converted,
        touches.attribution_model,
        touches.markov_order,
        touches.channel,
        {{ channels_before('touches.channel', 'touches.markov_order') | indent(8) }},
        row_number() over path as position,
        count(*) over (partition by touches.journey_level, touches.owner_id, touches.attribution_model) as touches_of_path
    from open_touches_read as touches
    window path as (
        partition by touches.journey_level, touches.owner_id, touches.attribution_model
        order by touches.occurred_at, touches.source_sequence, touches.touch_id
    )
),

open_transitions as (
    {{ transitions_of('open_steps', ['journey_level', 'chains_converted'], 'null') | indent(4) }}
),

converted_steps as (
    select
        conversions_of_chains.conversion_kind,
        conversions_of_chains.level_asked,
        markov_models.attribution_model,
        markov_models.markov_order,
        journeys.channel,
        {{ channels_before('journeys.channel', 'markov_models.markov_order') | indent(8) }},
        journeys.position,
        measured.touches as touches_of_path
    from {{ ref('int_journeys') }} as journeys
    inner join markov_models
        on journeys.window_key = markov_models.window_key
    inner join {{ ref('int_journeys_measured') }} as measured
        on journeys.conversion_key = measured.conversion_key and journeys.window_key = measured.window_key
    inner join conversions_of_chains
        on journeys.conversion_key = conversions_of_chains.conversion_key
    window path as (
        partition by journeys.conversion_key, conversions_of_chains.level_asked, markov_models.attribution_model
        order by journeys.position
    )
),

converted_transitions as (
    {{ transitions_of('converted_steps', ['conversion_kind', 'level_asked'], 'conversion') | indent(4) }}
),

all_transitions as (
    select
        converted_transitions.attribution_model,
        converted_transitions.conversion_kind,
        converted_transitions.level_asked,
        converted_transitions.from_state,
        converted_transitions.to_state,
        converted_transitions.to_channel,
        converted_transitions.transitions
    from converted_transitions
    union all
    select
        open_transitions.attribution_model,
        chains.conversion_kind,
        chains.level_asked,
        open_transitions.from_state,
        open_transitions.to_state,
        open_transitions.to_channel,
        open_transitions.transitions
    from open_transitions
    inner join chains
        on open_transitions.journey_level = chains.journey_level
        and {{ floor_divide('open_transitions.chains_converted', 'chains.bit') }} % 2 = 0
)

select
    all_transitions.attribution_model,
    all_transitions.conversion_kind,
    all_transitions.level_asked,
    all_transitions.from_state,
    all_transitions.to_state,
    all_transitions.to_channel,
    cast(sum(all_transitions.transitions) as bigint) as transitions
from all_transitions
group by
    all_transitions.attribution_model, all_transitions.conversion_kind, all_transitions.level_asked, all_transitions.from_state,
    all_transitions.to_state, all_transitions.to_channel
