-- Two computations of one matrix: the grade that decides the type of a hand-over (SQL) and the scorer's at the same instant (D24).
select
    handovers.lead_id,
    handovers.band,
    scores.band as band_of_the_scorer
from {{ ref('int_handovers') }} as handovers
inner join {{ ref('fct_lead_scores') }} as scores
    on handovers.lead_id = scores.lead_id
where handovers.episode = 1
    and scores.scorer = 'matrix'
    and scores.moment = 'handover'
    and (
        handovers.band <> scores.band
        or handovers.score <> scores.score
        or handovers.score_if_best <> scores.score_if_best
        or handovers.gate_failed <> scores.gate_failed
        or handovers.missing_criteria <> scores.missing_criteria
        or handovers.is_cold_because_unknown <> scores.is_cold_because_unknown
    )
