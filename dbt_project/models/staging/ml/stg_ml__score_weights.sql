select
    cast(criterion as string) as criterion,
    cast(matrix_points as decimal(38, 9)) as matrix_points,
    cast(reweighted_points as decimal(38, 9)) as reweighted_points,
    cast(learned_points as decimal(38, 9)) as learned_points,
    cast(matrix_importance as decimal(38, 9)) as matrix_importance,
    cast(learned_importance as decimal(38, 9)) as learned_importance,
    cast(stability as decimal(38, 9)) as stability,
    cast(recent_stability as decimal(38, 9)) as recent_stability
from {{ source('ml', 'score_weights') }}
