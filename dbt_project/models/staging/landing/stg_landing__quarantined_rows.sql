select *
from {{ source('raw_landing', 'quarantined_rows') }}
