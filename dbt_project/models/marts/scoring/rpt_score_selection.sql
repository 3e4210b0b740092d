select
    scored.scorer,
    scored.measure,
    scored.value,
    scored.n,
    {{ build_fact('build_id') }} as build_id
from {{ ref('stg_ml__score_selection') }} as scored
