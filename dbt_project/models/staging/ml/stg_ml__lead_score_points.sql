select
    cast(lead_id as string) as lead_id,
    cast(scorer as string) as scorer,
    cast(moment as string) as moment,
    cast(criterion as string) as criterion,
    cast(level as string) as level,
    cast(points as decimal(38, 9)) as points,
    cast(is_missing as boolean) as is_missing,
    cast(log_odds as decimal(38, 9)) as log_odds,
    cast(points_against_average as decimal(38, 9)) as points_against_average
from {{ source('ml', 'lead_score_points') }}
