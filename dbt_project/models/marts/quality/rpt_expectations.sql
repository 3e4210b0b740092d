select
    {{ text_key(['contract', 'expectation']) }} as expectation_id,
    contract,
    expectation,
    severity,
    is_met,
    rows_checked,
    rows_failed,
    failing_keys,
    description,
    {{ build_fact('build_id') }} as build_id
from {{ ref('stg_quality__expectations') }}
