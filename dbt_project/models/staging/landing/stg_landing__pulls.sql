select *
from {{ source('raw_landing', 'pulls') }}
