select *
from {{ source('quality', 'reconciliation') }}
