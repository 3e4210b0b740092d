select *
from {{ source('raw_landing', 'findings') }}
