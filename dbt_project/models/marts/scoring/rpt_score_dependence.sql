select
    scored.feature,
    scored.position,
    scored.value,
    scored.leads,
    scored.probability,
    {{ build_fact('build_id') }} as build_id
from {{ ref('stg_ml__score_dependence') }} as scored
