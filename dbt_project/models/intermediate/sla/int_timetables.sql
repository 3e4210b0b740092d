-- Two timetables a calendar: its own opening hours, and the whole local days on which it is open at all (D31). A number is
-- what millions of clocks are joined by.
with calendars as (
    select distinct
        calendars.calendar,
        calendars.kind,
        calendars.zone
    from {{ ref('stg_definitions__calendars') }} as calendars
),

timetables as (
    select
        calendars.calendar,
        'business_hours' as calendar_kind,
        calendars.kind,
        calendars.zone
    from calendars
    union all
    select
        calendars.calendar,
        'working_days' as calendar_kind,
        calendars.kind,
        calendars.zone
    from calendars
)

select
    cast(row_number() over (order by timetables.calendar, timetables.calendar_kind) as bigint) as timetable,
    timetables.calendar,
    timetables.calendar_kind,
    timetables.kind,
    timetables.zone
from timetables
