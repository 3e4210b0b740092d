select
    transitions.attribution_model,
    transitions.conversion_kind,
    transitions.level_asked,
    transitions.from_state,
    transitions.to_state,
    transitions.to_channel,
    transitions.transitions,
    {{ build_fact('build_id') }} as build_id
from {{ ref('int_channel_transitions') }} as transitions
