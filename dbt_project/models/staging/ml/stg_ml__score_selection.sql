select
    cast(scorer as string) as scorer,
    cast(measure as string) as measure,
    cast(value as decimal(38, 9)) as value,
    cast(n as bigint) as n
from {{ source('ml', 'score_selection') }}
