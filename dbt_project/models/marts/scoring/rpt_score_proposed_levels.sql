select
    scored.criterion,
    scored.criterion_position,
    scored.level,
    scored.points,
    scored.proposed_points,
    {{ build_fact('build_id') }} as build_id
from {{ ref('stg_ml__score_proposed_levels') }} as scored
