-- Which calendar an owner works by, over spans of local dates in which no row of the map begins or ends. The owner's own row
-- wins, then the calendar that a source names on the owner's record, then region and team, then the row for everybody. `*` is
-- the owner of a lead that nobody owns.
with map as (
    select
        map.owner_id,
        map.team,
        map.region,
        map.calendar,
        map.applies_from,
        map.valid_to
    from {{ ref('stg_definitions__owner_calendars') }} as map
),

bounds as (
    select map.applies_from as starts_on from map
    union
    select map.valid_to as starts_on from map
    where map.valid_to is not null
),

spans as (
    select
        bounds.starts_on as applies_from,
        lead(bounds.starts_on) over (order by bounds.starts_on) as valid_to
    from bounds
),

-- Only names that are calendars: any other is told by a test of its own.
owners as (
    select
        owners.owner_id,
        owners.team,
        owners.region,
        calendars.calendar
    from {{ ref('int_owners_merged') }} as owners
    left join (select distinct timetables.calendar from {{ ref('int_timetables') }} as timetables) as calendars
        on owners.calendar = calendars.calendar
    union all
    select
        '*' as owner_id,
        cast(null as string) as team,
        cast(null as string) as region,
        cast(null as string) as calendar
),

candidates as (
    select
        owners.owner_id,
        spans.applies_from,
        spans.valid_to,
        case when map.owner_id = '*' then coalesce(owners.calendar, map.calendar) else map.calendar end as calendar,
        row_number() over (
            partition by owners.owner_id, spans.applies_from
            order by
                case when map.owner_id = '*' then 1 else 0 end,
                case when map.region = '*' then 1 else 0 end,
                case when map.team = '*' then 1 else 0 end
        ) as candidate
    from owners
    cross join spans
    inner join map
        on spans.applies_from >= map.applies_from
        and (map.valid_to is null or spans.applies_from < map.valid_to)
        and (map.owner_id = '*' or map.owner_id = owners.owner_id)
        and (map.team = '*' or map.team = owners.team)
        and (map.region = '*' or map.region = owners.region)
)

select
    candidates.owner_id,
    candidates.applies_from,
    candidates.valid_to,
    candidates.calendar,
    business.timetable as business_timetable,
    working.timetable as working_timetable
from candidates
inner join {{ ref('int_timetables') }} as business
    on candidates.calendar = business.calendar
    and business.calendar_kind = 'business_hours'
inner join {{ ref('int_timetables') }} as working
    on candidates.calendar = working.calendar
    and working.calendar_kind = 'working_days'
where candidates.candidate = 1
