select
    cast(definition as string) as definition,
    cast(definition_key as string) as definition_key,
    cast(content as string) as content,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to,
    cast(is_first as boolean) as is_first,
    cast(recorded_on as date) as recorded_on,
    cast(marketing_owner as string) as marketing_owner,
    cast(sales_owner as string) as sales_owner,
    cast(row_number as bigint) as row_number,
    cast(pull as bigint) as pull
from {{ source('raw_build', 'definition_versions') }}
