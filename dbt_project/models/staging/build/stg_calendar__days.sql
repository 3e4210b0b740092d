select
    cast(date_on as date) as date_on,
    cast(iso_weekday as bigint) as iso_weekday,
    cast(gregorian_month_starts_on as date) as gregorian_month_starts_on,
    cast(jalali_month_starts_on as date) as jalali_month_starts_on,
    cast(gregorian_period as string) as gregorian_period,
    cast(jalali_period as string) as jalali_period
from {{ source('raw_calendar', 'days') }}
