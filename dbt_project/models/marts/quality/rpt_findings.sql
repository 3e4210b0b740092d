select
    {{ text_key(['source', 'stream', 'pull', 'file_name', 'column_name', 'finding', 'message']) }} as finding_id,
    source,
    stream,
    pull,
    file_name,
    column_name,
    finding,
    occurrences,
    rows_checked,
    message,
    {{ build_fact('build_id') }} as build_id
from {{ ref('stg_landing__findings') }}
