-- Whose a clock is: who held the lead for the largest part of its time on its own calendar, up to the earlier of its stop and
-- the instant at which it fell due; of equal parts the later holder (D40).
with holdings as (
    select
        clocks.lead_id,
        clocks.episode,
        clocks.clock,
        clocks.calendar_kind,
        clocks.timetable,
        holders.owner_id,
        holders.holders,
        holders.held_from,
        greatest(holders.held_from, clocks.started_at) as from_at,
        least(coalesce(holders.held_to, clocks.until_at), clocks.until_at, clocks.due_at) as to_at
    from {{ ref('int_clocks_measured') }} as clocks
    inner join {{ ref('int_lead_holders') }} as holders
        on clocks.lead_id = holders.lead_id
        and holders.held_from <= least(clocks.until_at, clocks.due_at)
        and (holders.held_to is null or holders.held_to > clocks.started_at)
),

parts as (
    select
        holdings.lead_id,
        holdings.episode,
        holdings.clock,
        holdings.owner_id,
        holdings.held_from,
        case
            when holdings.calendar_kind = '24x7' then {{ seconds_between('holdings.from_at', 'holdings.to_at') }}
            else {{ open_seconds_at('ends', 'holdings.to_at') }} - {{ open_seconds_at('begins', 'holdings.from_at') }}
        end as seconds
    from holdings
    {{ join_calendar_piece('begins', 'holdings.timetable', 'holdings.from_at') }}
    {{ join_calendar_piece('ends', 'holdings.timetable', 'holdings.to_at') }}
    where holdings.holders > 1
),

owners as (
    select
        parts.lead_id,
        parts.episode,
        parts.clock,
        parts.owner_id,
        sum(parts.seconds) as seconds,
        max(parts.held_from) as held_from
    from parts
    group by parts.lead_id, parts.episode, parts.clock, parts.owner_id
),

ranked as (
    select
        owners.*,
        row_number() over (
            partition by owners.lead_id, owners.episode, owners.clock
            order by owners.seconds desc, owners.held_from desc
        ) as place
    from owners
)

select
    ranked.lead_id,
    ranked.episode,
    ranked.clock,
    ranked.owner_id
from ranked
where ranked.place = 1
union all
select
    holdings.lead_id,
    holdings.episode,
    holdings.clock,
    holdings.owner_id
from holdings
where holdings.holders = 1
