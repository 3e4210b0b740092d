select
    cast(build_id as string) as build_id,
    cast(as_of_at as timestamp) as as_of_at,
    cast(evaluated_at as timestamp) as evaluated_at,
    cast(time_zone as string) as time_zone,
    cast(period_calendar as string) as period_calendar,
    cast(reporting_currency as string) as reporting_currency,
    cast(vat_basis as string) as vat_basis,
    cast(company as string) as company,
    cast(language as string) as language,
    cast(has_payments_source as boolean) as has_payments_source
from {{ source('raw_build', 'build') }}
