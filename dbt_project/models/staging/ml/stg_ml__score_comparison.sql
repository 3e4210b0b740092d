select
    cast(metric as string) as metric,
    cast(segment as string) as segment,
    cast(matrix as decimal(38, 9)) as matrix,
    cast(learned as decimal(38, 9)) as learned,
    cast(difference as decimal(38, 9)) as difference,
    cast(low as decimal(38, 9)) as low,
    cast(high as decimal(38, 9)) as high,
    cast(verdict as string) as verdict,
    cast(verdict_reason as string) as verdict_reason,
    cast(n as bigint) as n,
    cast(conversions as bigint) as conversions,
    cast(reweighted as decimal(38, 9)) as reweighted
from {{ source('ml', 'score_comparison') }}
