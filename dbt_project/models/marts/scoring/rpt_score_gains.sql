select
    scored.share,
    scored.taken_by,
    scored.leads,
    scored.wins,
    scored.won_minor,
    {{ build_fact('build_id') }} as build_id
from {{ ref('stg_ml__score_gains') }} as scored
