select
    {{ text_key(['sign_offs.definition', 'sign_offs.team']) }} as definition_signature_id,
    sign_offs.definition,
    sign_offs.team,
    sign_offs.state,
    sign_offs.signed_by,
    sign_offs.signed_on,
    sign_offs.signed_version_on,
    sign_offs.rows_since,
    sign_offs.newest_on,
    sign_offs.fingerprint,
    sign_offs.definition || '@' || cast(sign_offs.pull as string) as definition_version,
    {{ build_fact('build_id') }} as build_id
from {{ ref('stg_build__definition_sign_offs') }} as sign_offs
