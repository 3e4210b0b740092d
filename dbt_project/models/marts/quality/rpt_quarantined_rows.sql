-- What is set aside now: of the newest version of every file only, so a row that the next version corrects is gone from here.
select
    {{ text_key(['source', 'stream', 'pull', 'row_number', 'column_name', 'contract', 'reason']) }}
        || '|' || cast(
            row_number() over (
                partition by source, stream, pull, row_number, column_name, contract, reason order by scope, shape
            ) as string
        ) as quarantined_id,
    source,
    stream,
    pull,
    file_name,
    line_number,
    row_number,
    column_name,
    contract,
    scope,
    reason,
    shape,
    {{ build_fact('build_id') }} as build_id
from {{ ref('stg_landing__quarantined_rows') }}
