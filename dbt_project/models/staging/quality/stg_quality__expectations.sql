select *
from {{ source('quality', 'expectations') }}
