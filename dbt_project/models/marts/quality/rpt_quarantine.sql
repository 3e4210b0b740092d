select
    {{ text_key(['source', 'stream', 'pull', 'file_name', 'contract', 'column_name', 'scope', 'reason', 'shape']) }} as quarantine_id,
    source,
    stream,
    pull,
    file_name,
    contract,
    column_name,
    scope,
    reason,
    shape,
    cast(count(*) as bigint) as occurrences,
    min(row_number) as first_row_number,
    min(line_number) as first_line_number,
    {{ build_fact('build_id') }} as build_id
from {{ ref('stg_landing__quarantined_rows') }}
group by source, stream, pull, file_name, contract, column_name, scope, reason, shape
