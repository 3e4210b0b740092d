select
    cast(definition as string) as definition,
    cast(team as string) as team,
    cast(state as string) as state,
    cast(signed_by as string) as signed_by,
    cast(signed_on as date) as signed_on,
    cast(signed_version_on as date) as signed_version_on,
    cast(rows_since as bigint) as rows_since,
    cast(newest_on as date) as newest_on,
    cast(fingerprint as string) as fingerprint,
    cast(pull as bigint) as pull
from {{ source('raw_build', 'definition_sign_offs') }}
