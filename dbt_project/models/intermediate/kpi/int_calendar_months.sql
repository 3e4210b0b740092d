-- Months of the period calendar up to the evaluation date, numbered without gaps: "twelve months ago" is this number
-- less 12, in the Jalali calendar as in the Gregorian one. `last_on` is the last day of the month that has begun.
with months as (
    select
        days.month_starts_on,
        days.next_month_starts_on,
        days.period
    from {{ ref('int_days') }} as days
    where days.month_starts_on <= {{ evaluation_date() }}
    group by days.month_starts_on, days.next_month_starts_on, days.period
)

select
    months.month_starts_on,
    months.next_month_starts_on,
    months.period,
    substr(months.period, 1, 4) as year,
    cast(substr(months.period, 6, 2) as bigint) as month_of_year,
    cast(least({{ plus_days('months.next_month_starts_on', -1) }}, {{ evaluation_date() }}) as date) as last_on,
    cast(row_number() over (order by months.month_starts_on) as bigint) as calendar_month_number
from months
