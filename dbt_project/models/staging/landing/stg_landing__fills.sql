select *
from {{ source('raw_landing', 'fills') }}
