select
    cast(feature as string) as feature,
    cast(position as bigint) as position,
    cast(value as string) as value,
    cast(leads as bigint) as leads,
    cast(probability as decimal(38, 9)) as probability
from {{ source('ml', 'score_dependence') }}
