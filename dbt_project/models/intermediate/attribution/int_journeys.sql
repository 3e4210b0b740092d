-- Creditable touches of each conversion in order (D51). One journey a conversion and window (lookback, half-life); both
-- ends of the window belong to it. With `reset_after_conversion` it starts after the owner's previous conversion of the kind.
with windows as (
    select
        models.window_key,
        models.lookback_days,
        models.half_life_days
    from {{ ref('int_attribution_models_enabled') }} as models
    group by models.window_key, models.lookback_days, models.half_life_days
),

conversion_windows as (
    select
        conversions.conversion_key,
        conversions.journey_owner_id,
        conversions.kind,
        conversions.lead_id,
        conversions.deal_id,
        conversions.converted_at,
        windows.window_key,
        windows.half_life_days,
        windows.lookback_days,
        case
            when {{ policy('conversion_rule') }} = 'reset_after_conversion' then conversions.previous_converted_at
        end as starts_after
    from {{ ref('int_conversions_gathered') }} as conversions
    cross join windows
    where conversions.is_attributed
),

-- a record that is the conversion itself earns nothing for it (D50): the proposal document for `proposal`
touches_in_window as (
    select
        conversion_windows.conversion_key,
        conversion_windows.window_key,
        conversion_windows.half_life_days,
        touches.touch_id,
        touches.occurred_at,
        coalesce(touches.source_sequence, 0) as source_sequence,
        touches.channel,
        {{ seconds_between('touches.occurred_at', 'conversion_windows.converted_at') }} as age_seconds
    from conversion_windows
    inner join {{ ref('int_journey_members') }} as members
        on conversion_windows.journey_owner_id = members.journey_owner_id
    inner join {{ ref('int_touches_channelled') }} as touches
        on members.member_id = touches.member_id
    where touches.is_creditable
        and touches.collapsed_into is null
        -- compared as an age and not as two instants: from a pair of range conditions DuckDB makes a range join of all
        -- conversions with all touches before it looks at the owner (demo: 34 M pairs, 10 s; as an age 0.1 s)
        and {{ seconds_between('touches.occurred_at', 'conversion_windows.converted_at') }}
        between 0 and conversion_windows.lookback_days * 86400
        and (conversion_windows.starts_after is null or touches.occurred_at > conversion_windows.starts_after)
        and not (
            touches.kind = conversion_windows.kind
            and (
                coalesce(touches.deal_id = conversion_windows.deal_id, false)
                or coalesce(touches.lead_id = conversion_windows.lead_id, false)
            )
        )
),

weighed as (
    select
        touches_in_window.*,
        case
            when touches_in_window.half_life_days > 0
                then {{ decay_part('touches_in_window.age_seconds', 'touches_in_window.half_life_days') }}
            else 0
        end as decay_parts
    from touches_in_window
)

select
    weighed.conversion_key,
    weighed.window_key,
    cast(row_number() over journey as bigint) as position,
    weighed.touch_id,
    weighed.occurred_at,
    weighed.channel = 'direct' as is_direct,
    cast(weighed.decay_parts as bigint) as decay_parts,
    cast(sum(weighed.decay_parts) over journey as bigint) as decay_parts_through
from weighed
window journey as (
    partition by weighed.conversion_key, weighed.window_key
    order by weighed.occurred_at, weighed.source_sequence, weighed.touch_id
    rows between unbounded preceding and current row
)
