select
    cast(attribution_model as string) as attribution_model,
    cast(conversion_kind as string) as conversion_kind,
    cast(level_asked as string) as level_asked,
    cast(channel as string) as channel,
    cast(conversion_rate as decimal(13, 12)) as conversion_rate,
    cast(shapley_value as decimal(13, 12)) as shapley_value,
    cast(effect_parts as bigint) as effect_parts,
    cast(missing_reason as string) as missing_reason
from {{ source('ml', 'shapley_values') }}
