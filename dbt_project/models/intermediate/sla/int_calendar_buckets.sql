-- The open pieces by the open time that they hold, for the way back from open time to an instant.
with ends as (
    select
        pieces.timetable,
        pieces.starts_at,
        pieces.open_seconds_before,
        pieces.opened_seconds,
        {{ open_seconds_bucket('pieces.open_seconds_before') }} as first_bucket,
        {{ open_seconds_bucket('(pieces.open_seconds_before + pieces.opened_seconds - 1)') }} as last_bucket
    from {{ ref('int_calendar_pieces') }} as pieces
    where pieces.opened_seconds > 0
)

select
    ends.timetable,
    ends.first_bucket as bucket,
    ends.starts_at,
    ends.open_seconds_before,
    ends.opened_seconds
from ends
union all
select
    ends.timetable,
    ends.last_bucket as bucket,
    ends.starts_at,
    ends.open_seconds_before,
    ends.opened_seconds
from ends
where ends.last_bucket > ends.first_bucket
