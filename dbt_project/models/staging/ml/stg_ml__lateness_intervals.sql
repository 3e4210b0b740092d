select
    cast(clock as string) as clock,
    cast(lost_wins as decimal(38, 9)) as lost_wins,
    cast(lost_wins_low as decimal(38, 9)) as lost_wins_low,
    cast(lost_wins_high as decimal(38, 9)) as lost_wins_high,
    cast(lost_wins_verdict_low as decimal(38, 9)) as lost_wins_verdict_low,
    cast(lost_wins_verdict_high as decimal(38, 9)) as lost_wins_verdict_high,
    cast(price_low_minor as bigint) as price_low_minor,
    cast(price_high_minor as bigint) as price_high_minor,
    cast(replicates as bigint) as replicates
from {{ source('ml', 'lateness_intervals') }}
