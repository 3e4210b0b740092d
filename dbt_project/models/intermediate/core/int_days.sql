-- Calendar days with the month of the company's period calendar (D2); every "month" of a figure is this one.
with days as (
    select
        calendar.date_on,
        calendar.iso_weekday,
        case build.period_calendar when 'jalali' then calendar.jalali_month_starts_on else calendar.gregorian_month_starts_on end
            as month_starts_on,
        case build.period_calendar when 'jalali' then calendar.jalali_period else calendar.gregorian_period end as period
    from {{ ref('stg_calendar__days') }} as calendar
    cross join {{ ref('stg_build__build') }} as build
)

select
    days.date_on,
    days.iso_weekday,
    days.period,
    days.month_starts_on,
    cast({{ plus_days('max(days.date_on) over (partition by days.month_starts_on)', 1) }} as date) as next_month_starts_on
from days
