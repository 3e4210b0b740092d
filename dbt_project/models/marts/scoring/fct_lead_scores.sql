-- Scores at creation come from the scoring step; the matrix's score at the first hand-over is worked out with the hand-over itself (D24).
-- A lead is in one sample at every moment.
with all_scores as (
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
        scores.is_exploration
    from {{ ref('stg_ml__lead_scores') }} as scores
    union all
    select
        handovers.lead_id,
        'matrix' as scorer,
        'handover' as moment,
        handovers.handed_over_at as scored_at,
        handovers.score,
        handovers.band,
        cast(null as decimal(38, 9)) as probability,
        handovers.score_if_best,
        handovers.gate_failed,
        handovers.missing_criteria,
        handovers.is_cold_because_unknown,
        at_creation.sample,
        handovers.matrix_version as definition_version,
        cast(null as string) as model_version,
        at_creation.is_exploration
    from {{ ref('int_handovers') }} as handovers
    inner join {{ ref('stg_ml__lead_scores') }} as at_creation
        on handovers.lead_id = at_creation.lead_id
        and at_creation.scorer = 'matrix'
        and at_creation.moment = 'creation'
    where handovers.episode = 1
)

select
    all_scores.lead_id,
    cast(all_scores.scorer as string) as scorer,
    cast(all_scores.moment as string) as moment,
    all_scores.scored_at,
    all_scores.score,
    all_scores.band,
    all_scores.probability,
    all_scores.score_if_best,
    all_scores.gate_failed,
    all_scores.missing_criteria,
    all_scores.is_cold_because_unknown,
    all_scores.sample,
    all_scores.definition_version,
    all_scores.model_version,
    all_scores.is_exploration,
    {{ build_fact('build_id') }} as build_id
from all_scores
