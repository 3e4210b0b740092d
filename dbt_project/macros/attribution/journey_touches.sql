{#- Creditable touches inside each window of each attributed conversion, those that count once with another among them (D50, D51).

    windows: a relation with window_key, lookback_days and the columns of `carried`, which are handed on; `of_kind` is its column
    with the kind of conversion that a window is for, where it is not for all; `conversions` the relation of conversions, where it is
    not each of them once, at the level of its kind.
    Returns conversion_key, window_key, the carried columns, touch_id, occurred_at, source_sequence, channel, team, collapsed_into,
    age_seconds. With the policy `reset_after_conversion` a window starts after the owner's previous conversion of the kind. -#}
{% macro touches_in_windows(windows, carried=[], of_kind=none, conversions=none) -%}
with conversion_windows as (
    select
        conversions.conversion_key,
        conversions.journey_owner_id,
        conversions.kind,
        conversions.lead_id,
        conversions.deal_id,
        conversions.converted_at,
        windows.window_key,
        windows.lookback_days,
        {%- for column in carried %}
        windows.{{ column }},
        {%- endfor %}
        case
            when {{ policy('conversion_rule') }} = 'reset_after_conversion' then conversions.previous_converted_at
        end as starts_after
    from {{ conversions or ref('int_conversions_gathered') }} as conversions
    {%- if of_kind is none %}
    cross join {{ windows }} as windows
    {%- else %}
    inner join {{ windows }} as windows
        on conversions.kind = windows.{{ of_kind }}
    {%- endif %}
    where conversions.is_attributed
)

select
    conversion_windows.conversion_key,
    conversion_windows.window_key,
    {%- for column in carried %}
    conversion_windows.{{ column }},
    {%- endfor %}
    touches.touch_id,
    touches.occurred_at,
    coalesce(touches.source_sequence, 0) as source_sequence,
    touches.channel,
    touches.team,
    touches.collapsed_into,
    {{ seconds_between('touches.occurred_at', 'conversion_windows.converted_at') }} as age_seconds
from conversion_windows
inner join {{ ref('int_journey_members') }} as members
    on conversion_windows.journey_owner_id = members.journey_owner_id
inner join {{ ref('int_touches_channelled') }} as touches
    on members.member_id = touches.member_id
where touches.is_creditable
    -- compared as an age and not as two instants: from a pair of range conditions DuckDB makes a range join of all
    -- conversions with all touches before it looks at the owner (demo: 34 M pairs, 10 s; as an age 0.1 s)
    and {{ seconds_between('touches.occurred_at', 'conversion_windows.converted_at') }}
    between 0 and conversion_windows.lookback_days * 86400
    and (conversion_windows.starts_after is null or touches.occurred_at > conversion_windows.starts_after)
    -- a record that is the conversion itself earns nothing for it (D50): the proposal document for `proposal`
    and not (
        touches.kind = conversion_windows.kind
        and (
            coalesce(touches.deal_id = conversion_windows.deal_id, false)
            or coalesce(touches.lead_id = conversion_windows.lead_id, false)
        )
    )
{%- endmacro %}
