select
    days.date_on,
    days.iso_weekday,
    days.month_starts_on,
    days.next_month_starts_on,
    days.period,
    {{ build_fact('build_id') }} as build_id
from {{ ref('int_days') }} as days
