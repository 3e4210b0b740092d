select
    scored.criterion,
    scored.matrix_points,
    scored.reweighted_points,
    scored.learned_points,
    scored.matrix_importance,
    scored.learned_importance,
    scored.stability,
    scored.recent_stability,
    {{ build_fact('build_id') }} as build_id
from {{ ref('stg_ml__score_weights') }} as scored
