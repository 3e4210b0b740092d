select
    scored.side,
    scored.leads,
    scored.wins,
    scored.won_minor,
    scored.unworked_share,
    {{ build_fact('build_id') }} as build_id
from {{ ref('stg_ml__score_sides') }} as scored
