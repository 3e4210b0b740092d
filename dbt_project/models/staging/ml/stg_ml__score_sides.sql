select
    cast(side as string) as side,
    cast(leads as decimal(38, 9)) as leads,
    cast(wins as decimal(38, 9)) as wins,
    cast(won_minor as bigint) as won_minor,
    cast(unworked_share as decimal(38, 9)) as unworked_share
from {{ source('ml', 'score_sides') }}
