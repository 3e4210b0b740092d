select
    effects.attribution_model,
    effects.conversion_kind,
    effects.level_asked,
    effects.channel,
    effects.conversion_rate,
    effects.effect,
    effects.effect_parts,
    effects.missing_reason,
    {{ build_fact('build_id') }} as build_id
from {{ ref('int_channel_effects') }} as effects
