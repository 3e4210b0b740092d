select
    cast(attribution_model as string) as attribution_model,
    cast(conversion_kind as string) as conversion_kind,
    cast(level_asked as string) as level_asked,
    cast(channel as string) as channel,
    cast(conversion_probability as decimal(13, 12)) as conversion_probability,
    cast(removal_effect as decimal(13, 12)) as removal_effect,
    cast(effect_parts as bigint) as effect_parts
from {{ source('ml', 'removal_effects') }}
