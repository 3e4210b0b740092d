select
    {{ text_key(['subject', 'source', 'stream', 'measure', 'currency']) }} as reconciliation_id,
    subject,
    source,
    stream,
    measure,
    currency,
    in_files,
    quarantined,
    in_contract,
    in_mart,
    excluded,
    is_reconciled,
    explanation,
    {{ build_fact('build_id') }} as build_id
from {{ ref('stg_quality__reconciliation') }}
