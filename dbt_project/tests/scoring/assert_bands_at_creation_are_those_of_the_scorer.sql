-- Two computations of one matrix: the running score in SQL and the scorer, which grades what was known at creation (D20–D24).
select
    bands.lead_id,
    bands.band,
    scores.band as band_of_the_scorer
from {{ ref('int_lead_bands') }} as bands
inner join {{ ref('fct_lead_scores') }} as scores
    on bands.lead_id = scores.lead_id
where bands.moment = 'creation'
    and scores.scorer = 'matrix'
    and scores.moment = 'creation'
    and (
        bands.band <> scores.band
        or bands.gate_failed <> scores.gate_failed
        or bands.is_cold_because_unknown <> scores.is_cold_because_unknown
    )
