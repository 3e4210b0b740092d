-- A calendar that a source names on an owner's record and the definitions do not know is not used: say it.
{{ config(severity='warn') }}
select
    owners.owner_id,
    owners.calendar
from {{ ref('int_owners_merged') }} as owners
left join {{ ref('int_timetables') }} as timetables
    on owners.calendar = timetables.calendar
where owners.calendar is not null and timetables.calendar is null
