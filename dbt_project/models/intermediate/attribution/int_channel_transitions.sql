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

open_touches as (
    select
        touches.journey_level,
        touches.owner_id,
        touches.chains_converted,
        markov_models.attribution_model,
        markov_models.markov_order,
        markov_models.path_transform,
        markov_models.drops_direct,
        touches.touch_id,
        touches.occurred_at,
        touches.source_sequence,
        touches.channel
    from {{ ref('int_open_touches') }} as touches
    cross join markov_models
    where touches.age_seconds between 0 and markov_models.lookback_days * 86400
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

-- what came before a touch is told once a journey, whose key is two whole numbers; models and chains that read the journey are joined afterwards
journey_steps as (
    select
        journeys.conversion_key,
        journeys.window_key,
        journeys.channel,
        {{ channels_before('journeys.channel', 4) | indent(8) }},
        journeys.position
    from {{ ref('int_journeys') }} as journeys
    where journeys.window_key in (select markov_models.window_key from markov_models)
    window path as (partition by journeys.conversion_key, journeys.window_key order by journeys.position)
),

converted_steps as (
    select
        conversions.conversion_kind,
        conversions.level_asked,
        markov_models.attribution_model,
        markov_models.markov_order,
        steps.channel,
        {%- for back in [1, 2, 3, 4] %}
        case when markov_models.markov_order >= {{ back }} then steps.channel_before_{{ back }} end as channel_before_{{ back }},
        {%- endfor %}
        steps.position,
        measured.touches as touches_of_path
    from journey_steps as steps
    inner join markov_models
        on steps.window_key = markov_models.window_key
    inner join {{ ref('int_journeys_measured') }} as measured
        on steps.conversion_key = measured.conversion_key and steps.window_key = measured.window_key
    inner join {{ ref('int_chain_conversions') }} as conversions
        on steps.conversion_key = conversions.conversion_key
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
    inner join {{ ref('int_attribution_chains') }} as chains
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
