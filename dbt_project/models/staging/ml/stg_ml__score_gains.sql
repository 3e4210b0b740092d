select
    cast(share as decimal(38, 9)) as share,
    cast(taken_by as string) as taken_by,
    cast(leads as bigint) as leads,
    cast(wins as decimal(38, 9)) as wins,
    cast(won_minor as bigint) as won_minor
from {{ source('ml', 'score_gains') }}
