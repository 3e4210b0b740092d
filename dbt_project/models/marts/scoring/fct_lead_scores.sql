select
    scores.lead_id,
    scores.scorer,
    scores.moment,
    scores.scored_at,
    scores.score,
    scores.band,
    scores.probability,
    scores.score_if_best,
    scores.gate_failed,
    scores.missing_criteria,
    scores.is_cold_because_unknown,
    scores.sample,
    scores.definition_version,
    scores.model_version,
    scores.is_exploration,
    {{ build_fact('build_id') }} as build_id
from {{ ref('stg_ml__lead_scores') }} as scores
