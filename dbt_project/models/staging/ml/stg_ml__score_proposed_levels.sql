select
    cast(criterion as string) as criterion,
    cast(criterion_position as bigint) as criterion_position,
    cast(level as string) as level,
    cast(points as bigint) as points,
    cast(proposed_points as bigint) as proposed_points
from {{ source('ml', 'score_proposed_levels') }}
