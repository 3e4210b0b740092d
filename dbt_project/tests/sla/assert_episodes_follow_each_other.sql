-- An episode begins when the one before it is over, is accepted between its ends, and its numbers have no gap (D30).
with neighbours as (
    select
        handovers.lead_id,
        handovers.episode,
        handovers.handed_over_at,
        handovers.accepted_at,
        handovers.ended_at,
        handovers.outcome,
        lag(handovers.episode) over (partition by handovers.lead_id order by handovers.episode) as previous_episode,
        lag(handovers.ended_at) over (partition by handovers.lead_id order by handovers.episode) as previous_ended_at
    from {{ ref('int_handovers') }} as handovers
)

select
    neighbours.lead_id,
    neighbours.episode
from neighbours
where neighbours.episode <> coalesce(neighbours.previous_episode, 0) + 1
    or neighbours.handed_over_at < neighbours.previous_ended_at
    or (neighbours.previous_episode is not null and neighbours.previous_ended_at is null)
    or neighbours.accepted_at < neighbours.handed_over_at
    or neighbours.accepted_at > neighbours.ended_at
    or neighbours.ended_at < neighbours.handed_over_at
    or (neighbours.outcome is null and neighbours.ended_at is not null)
