select
    scored.fact,
    scored.value,
    {{ build_fact('build_id') }} as build_id
from {{ ref('stg_ml__score_model_card') }} as scored
