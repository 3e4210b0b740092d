select
    key as label_key,
    en,
    ru,
    fa,
    {{ build_fact('build_id') }} as build_id
from {{ ref('stg_definitions__labels') }}
