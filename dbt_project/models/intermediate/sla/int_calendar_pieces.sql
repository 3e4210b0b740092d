-- The time line of every timetable cut at openings and at UTC midnights: from `starts_at` it is open for `opened_seconds`, then
-- closed until `next_starts_at`.
with offsets as (
    select 0 as days
    union all
    select 1 as days
    union all
    select 2 as days
),

-- A local day touches two UTC days, one of 25 hours at most three.
cuts as (
    select
        intervals.timetable,
        greatest(intervals.opens_at, cast({{ plus_days('cast(intervals.opens_at as date)', 'offsets.days') }} as timestamp)) as starts_at,
        least(intervals.closes_at, cast({{ plus_days('cast(intervals.opens_at as date)', 'offsets.days + 1') }} as timestamp)) as closes_at
    from {{ ref('int_calendar_intervals') }} as intervals
    cross join offsets
),

bounds as (
    select
        min(cast(intervals.opens_at as date)) as first_on,
        max(cast(intervals.closes_at as date)) as last_on
    from {{ ref('int_calendar_intervals') }} as intervals
),

starts as (
    select
        cuts.timetable,
        cuts.starts_at,
        {{ seconds_between('cuts.starts_at', 'cuts.closes_at') }} as opened_seconds
    from cuts
    where cuts.starts_at < cuts.closes_at
    union all
    select
        timetables.timetable,
        cast(days.date_on as timestamp) as starts_at,
        0 as opened_seconds
    from {{ ref('int_timetables') }} as timetables
    cross join bounds
    inner join {{ ref('int_days') }} as days
        on days.date_on >= bounds.first_on
        and days.date_on <= bounds.last_on
),

pieces as (
    select
        starts.timetable,
        cast(starts.starts_at as date) as utc_on,
        starts.starts_at,
        max(starts.opened_seconds) as opened_seconds
    from starts
    group by starts.timetable, starts.starts_at
)

select
    pieces.timetable,
    pieces.utc_on,
    pieces.starts_at,
    coalesce(
        lead(pieces.starts_at) over (partition by pieces.timetable order by pieces.starts_at),
        {{ plus_days('cast(pieces.utc_on as timestamp)', 1) }}
    ) as next_starts_at,
    cast(pieces.opened_seconds as bigint) as opened_seconds,
    cast(
        coalesce(
            sum(pieces.opened_seconds) over (
                partition by pieces.timetable
                order by pieces.starts_at
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as bigint
    ) as open_seconds_before
from pieces
