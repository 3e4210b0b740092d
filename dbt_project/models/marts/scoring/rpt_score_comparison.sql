select
    comparison.metric,
    comparison.segment,
    comparison.matrix,
    comparison.learned,
    comparison.difference,
    comparison.low,
    comparison.high,
    comparison.verdict,
    comparison.verdict_reason,
    comparison.n,
    comparison.conversions,
    comparison.reweighted,
    {{ build_fact('build_id') }} as build_id
from {{ ref('stg_ml__score_comparison') }} as comparison
