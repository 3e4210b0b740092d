select
    source || '/' || stream || '/' || cast(pull as string) as pull_key,
    source,
    stream,
    pull,
    account as file_name,
    kind,
    rows_in,
    rows,
    quarantined,
    observed_at,
    committed_at,
    is_read,
    {{ build_fact('build_id') }} as build_id
from {{ ref('stg_landing__pulls') }}
