-- Creditable touches of each conversion in order (D51). One journey a conversion, level and window (lookback, way to read the path,
-- half-life); both ends of the window belong to it.
with windows as (
    select
        models.window_key,
        models.lookback_days,
        models.half_life_days,
        models.path_transform,
        models.drops_direct
    from {{ ref('int_attribution_models_enabled') }} as models
    group by models.window_key, models.lookback_days, models.half_life_days, models.path_transform, models.drops_direct
),

touches_found as (
    {{ touches_in_windows('windows', ['half_life_days', 'path_transform', 'drops_direct'], conversions=ref('int_conversions_levelled')) | indent(4) }}
),

touches_in_window as (
    select touches_found.*
    from touches_found
    where touches_found.collapsed_into is null
),

touches_read as (
    {{ read_paths(
        'touches_in_window',
        ['conversion_key', 'window_key'],
        ['conversion_key', 'window_key', 'half_life_days', 'touch_id', 'occurred_at', 'source_sequence', 'channel', 'age_seconds'],
    ) | indent(4) }}
),

weighed as (
    select
        touches_read.*,
        case
            when touches_read.half_life_days > 0
                then {{ decay_part('touches_read.age_seconds', 'touches_read.half_life_days') }}
            else 0
        end as decay_parts
    from touches_read
)

select
    weighed.conversion_key,
    weighed.window_key,
    cast(row_number() over journey as bigint) as position,
    weighed.touch_id,
    weighed.occurred_at,
    weighed.channel,
    weighed.channel = 'direct' as is_direct,
    cast(row_number() over journey_of_channel as bigint) as position_in_channel,
    cast(weighed.decay_parts as bigint) as decay_parts,
    cast(sum(weighed.decay_parts) over journey as bigint) as decay_parts_through
from weighed
window
    journey as (
        partition by weighed.conversion_key, weighed.window_key
        order by weighed.occurred_at, weighed.source_sequence, weighed.touch_id
        rows between unbounded preceding and current row
    ),
    journey_of_channel as (
        partition by weighed.conversion_key, weighed.window_key, weighed.channel
        order by weighed.occurred_at, weighed.source_sequence, weighed.touch_id
    )
