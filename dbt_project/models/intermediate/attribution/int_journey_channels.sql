-- The distinct channels of each journey in the order of their first touch: what Shapley and Markov split a conversion over
-- before they split a channel's share over its touches (D54, D55, D57).
with channels_met as (
    select
        journeys.conversion_key,
        journeys.window_key,
        journeys.channel,
        count(*) as touches,
        min(journeys.position) as first_position
    from {{ ref('int_journeys') }} as journeys
    group by journeys.conversion_key, journeys.window_key, journeys.channel
)

select
    channels_met.conversion_key,
    channels_met.window_key,
    channels_met.channel,
    cast(channels_met.touches as bigint) as touches,
    cast(row_number() over (
        partition by channels_met.conversion_key, channels_met.window_key order by channels_met.first_position
    ) as bigint) as channel_position,
    cast(count(*) over (partition by channels_met.conversion_key, channels_met.window_key) as bigint) as channels
from channels_met
