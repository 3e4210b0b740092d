select
    scored.lead_id,
    scored.side,
    scored.matrix_score,
    scored.probability,
    scored.taken_by_matrix,
    scored.taken_by_learned,
    scored.is_won,
    scored.won_minor,
    scored.is_worked,
    scored.reasons,
    {{ build_fact('build_id') }} as build_id
from {{ ref('stg_ml__score_swap_set') }} as scored
