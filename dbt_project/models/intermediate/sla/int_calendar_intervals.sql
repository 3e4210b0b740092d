-- Opening hours day by day: local hours become instants on each local day, so daylight saving is right by construction (D33).
-- A version of a calendar holds its whole week, and a version of an exception the whole day that it replaces.
with span as (
    select
        {{ plus_days('min(leads.created_at)', -366) }} as starts_at,
        {{ plus_days(build_fact('evaluated_at'), 1100) }} as ends_at
    from {{ ref('leads') }} as leads
    inner join {{ ref('int_days') }} as days
        on cast(leads.created_at as date) = days.date_on
),

-- Around the company's leads only: time that no clock looks at would make every look-up slower.
days as (
    select
        days.date_on,
        days.iso_weekday
    from {{ ref('int_days') }} as days
    cross join span
    where days.date_on >= cast(span.starts_at as date) and days.date_on < cast(span.ends_at as date)
),

versions as (
    select
        versions.calendar,
        versions.valid_from,
        lag(versions.valid_from) over (partition by versions.calendar order by versions.valid_from) is null as is_first,
        lead(versions.valid_from) over (partition by versions.calendar order by versions.valid_from) as valid_to
    from (
        select distinct
            calendars.calendar,
            calendars.valid_from
        from {{ ref('stg_definitions__calendars') }} as calendars
    ) as versions
),

weeks as (
    select
        calendars.calendar,
        calendars.weekday,
        case calendars.kind when 'business_hours' then calendars.opens else '00:00' end as opens,
        case calendars.kind when 'business_hours' then calendars.closes else '24:00' end as closes,
        versions.is_first,
        versions.valid_from,
        versions.valid_to
    from {{ ref('stg_definitions__calendars') }} as calendars
    inner join versions
        on calendars.calendar = versions.calendar
        and calendars.valid_from = versions.valid_from
),

exception_days as (
    select
        exceptions.calendar,
        exceptions.date_on,
        coalesce(
            max(case when exceptions.valid_from <= exceptions.date_on then exceptions.valid_from end),
            min(exceptions.valid_from)
        ) as valid_from
    from {{ ref('stg_definitions__calendar_exceptions') }} as exceptions
    group by exceptions.calendar, exceptions.date_on
),

hours as (
    select
        weeks.calendar,
        days.date_on,
        weeks.opens,
        weeks.closes
    from weeks
    inner join days
        on coalesce(weeks.weekday, days.iso_weekday) = days.iso_weekday
        and (weeks.is_first or days.date_on >= weeks.valid_from)
        and (weeks.valid_to is null or days.date_on < weeks.valid_to)
    left join exception_days
        on weeks.calendar = exception_days.calendar
        and days.date_on = exception_days.date_on
    where exception_days.date_on is null
    union all
    select
        exceptions.calendar,
        exceptions.date_on,
        exceptions.opens,
        exceptions.closes
    from {{ ref('stg_definitions__calendar_exceptions') }} as exceptions
    inner join exception_days
        on exceptions.calendar = exception_days.calendar
        and exceptions.date_on = exception_days.date_on
        and exceptions.valid_from = exception_days.valid_from
    inner join days
        on exceptions.date_on = days.date_on
    where exceptions.state <> 'closed'
),

local_hours as (
    select
        'business_hours' as calendar_kind,
        hours.calendar,
        hours.date_on,
        hours.opens,
        hours.closes
    from hours
    union all
    select distinct
        'working_days' as calendar_kind,
        hours.calendar,
        hours.date_on,
        '00:00' as opens,
        '24:00' as closes
    from hours
),

local_times as (
    select
        timetables.timetable,
        timetables.calendar,
        timetables.calendar_kind,
        timetables.zone,
        local_hours.date_on,
        cast(cast(local_hours.date_on as string) || ' ' || local_hours.opens || ':00' as timestamp) as opens_at,
        case local_hours.closes
            when '24:00' then cast({{ plus_days('local_hours.date_on', 1) }} as timestamp)
            else cast(cast(local_hours.date_on as string) || ' ' || local_hours.closes || ':00' as timestamp)
        end as closes_at
    from local_hours
    inner join {{ ref('int_timetables') }} as timetables
        on local_hours.calendar = timetables.calendar
        and local_hours.calendar_kind = timetables.calendar_kind
),

instants as (
    select
        local_times.timetable,
        local_times.calendar,
        local_times.calendar_kind,
        local_times.date_on,
        {{ utc_of_local_in('local_times.zone', 'local_times.opens_at') }} as opens_at,
        {{ utc_of_local_in('local_times.zone', 'local_times.closes_at') }} as closes_at
    from local_times
)

select
    instants.timetable,
    instants.calendar,
    instants.calendar_kind,
    instants.date_on,
    instants.opens_at,
    instants.closes_at,
    cast(
        coalesce(
            sum({{ seconds_between('instants.opens_at', 'instants.closes_at') }}) over (
                partition by instants.timetable
                order by instants.opens_at
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as bigint
    ) as open_seconds_before
from instants
where instants.opens_at < instants.closes_at
