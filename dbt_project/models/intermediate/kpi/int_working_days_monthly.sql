-- Working days of a month and those elapsed at the evaluation instant, by the calendar that the policy
-- `working_calendar` names; without the policy there are no rows, because weekends differ by country.
with weekdays as (
    select distinct calendars.weekday
    from {{ ref('stg_definitions__calendars') }} as calendars
    where calendars.calendar = {{ policy('working_calendar') }}
        and calendars.weekday is not null
        and {{ holds_on('calendars', evaluation_date()) }}
),

exceptions as (
    select
        exceptions.date_on,
        max(exceptions.state) as state
    from {{ ref('stg_definitions__calendar_exceptions') }} as exceptions
    where exceptions.calendar = {{ policy('working_calendar') }}
        and {{ holds_on('exceptions', evaluation_date()) }}
    group by exceptions.date_on
)

select
    days.month_starts_on,
    cast(count(*) as bigint) as working_days,
    cast(count(case when days.date_on < {{ evaluation_date() }} then 1 end) as bigint) as working_days_elapsed
from {{ ref('int_days') }} as days
inner join {{ ref('int_kpi_months') }} as months
    on days.month_starts_on = months.month_starts_on
left join weekdays
    on days.iso_weekday = weekdays.weekday
left join exceptions
    on days.date_on = exceptions.date_on
where {{ policy('working_calendar') }} is not null
    and coalesce(exceptions.state, case when weekdays.weekday is not null then 'open' else 'closed' end) <> 'closed'
group by days.month_starts_on
