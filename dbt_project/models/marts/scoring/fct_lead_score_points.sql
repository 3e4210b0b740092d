select
    points.lead_id,
    points.scorer,
    points.moment,
    points.criterion,
    points.level,
    points.points,
    points.is_missing,
    points.log_odds,
    points.points_against_average,
    {{ build_fact('build_id') }} as build_id
from {{ ref('stg_ml__lead_score_points') }} as points
