select
    scored.feature,
    scored.kind,
    scored.direction,
    scored.is_dated,
    scored.known_because,
    scored.rule,
    scored.is_used,
    scored.evidence,
    scored.auc_alone,
    scored.filled_share,
    {{ build_fact('build_id') }} as build_id
from {{ ref('stg_ml__score_features') }} as scored
