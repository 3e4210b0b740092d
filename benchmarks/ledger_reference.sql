-- Yardstick of the ledger's speed: what a careful analyst writes in one statement for exactly ten models, with exact money
-- and nothing else: no other windows or models, no unattributed rows, no refunds, no labels, no tests.
-- Input `journey_touches`: one row per conversion and touch inside the window, unordered, already joined
-- (conversion_id, touch_id, channel, occurred_at, converted_at, amount_minor, lead_created_at, opportunity_created_at);
-- `effects`: channel and effect_parts, as `reference_effects` in ledger_speed.py computes them.
create or replace table ledger_reference as
with numbered as (
    select
        conversion_id,
        touch_id,
        channel,
        amount_minor,
        row_number() over journey as position,
        row_number() over (partition by conversion_id, channel order by occurred_at, touch_id) as in_channel,
        count(*) over whole_journey as touches,
        sum(case when occurred_at <= lead_created_at then 1 else 0 end) over whole_journey as lead_position,
        sum(case when occurred_at <= opportunity_created_at then 1 else 0 end) over whole_journey as opportunity_position,
        greatest(1, cast(round(power(2.0, 30 - epoch(converted_at - occurred_at) / (30 * 86400.0))) as bigint)) as decay
    from journey_touches
    window
        journey as (partition by conversion_id order by occurred_at, touch_id),
        whole_journey as (partition by conversion_id)
),

parts as (
    select
        *,
        case
            when touches <= 2 then 1
            when position = 1 or position = touches then 2 * (touches - 2)
            else 1
        end as u_part,
        case
            when lead_position = 0 and opportunity_position = 0 then 1
            when position = 1 or position = lead_position or position = opportunity_position
                then 3 * greatest(
                    1,
                    touches - 1
                    - case when lead_position > 1 then 1 else 0 end
                    - case when opportunity_position > 1 and opportunity_position <> lead_position then 1 else 0 end
                ) * (
                    case when position = 1 then 1 else 0 end
                    + case when position = lead_position then 1 else 0 end
                    + case when position = opportunity_position then 1 else 0 end
                )
            else 1
        end as w_part,
        case
            when touches = 1 then 1
            when lead_position = 0 and opportunity_position = 0 then 1
            when position = 1 or position = touches or position = lead_position or position = opportunity_position
                then 9 * greatest(
                    1,
                    touches - 2
                    - case when lead_position > 1 and lead_position < touches then 1 else 0 end
                    - case
                        when opportunity_position > 1 and opportunity_position < touches
                            and opportunity_position <> lead_position then 1
                        else 0
                    end
                ) * (
                    case when position = 1 then 1 else 0 end
                    + case when position = lead_position then 1 else 0 end
                    + case when position = opportunity_position then 1 else 0 end
                    + case when position = touches then 1 else 0 end
                )
            else 4
        end as f_part,
        max(case when channel <> 'direct' then position end) over (partition by conversion_id) as other_position
    from numbered
),

channels as (
    select conversion_id, channel, count(*) as channel_touches, min(position) as first_position
    from numbered
    group by conversion_id, channel
),

channels_weighed as (
    select
        channels.*,
        effect_parts,
        row_number() over journey as channel_position,
        count(*) over whole_journey as channels,
        sum(effect_parts) over journey as effect_through,
        sum(effect_parts) over whole_journey as effect_total
    from channels
    inner join effects using (channel)
    window
        journey as (partition by conversion_id order by first_position),
        whole_journey as (partition by conversion_id)
),

running as (
    select
        *,
        sum(u_part) over journey as u_through,
        sum(u_part) over whole_journey as u_total,
        sum(w_part) over journey as w_through,
        sum(w_part) over whole_journey as w_total,
        sum(f_part) over journey as f_through,
        sum(f_part) over whole_journey as f_total,
        sum(decay) over journey as decay_through,
        sum(decay) over whole_journey as decay_total
    from parts
    window
        journey as (partition by conversion_id order by position),
        whole_journey as (partition by conversion_id)
),

credits as (
    select conversion_id, touch_id, 'first' as attribution_model, amount_minor, 0 as before, 1 as through, 1 as total
    from running where position = 1
    union all
    select conversion_id, touch_id, 'last', amount_minor, 0, 1, 1 from running where position = touches
    union all
    select conversion_id, touch_id, 'linear', amount_minor, position - 1, position, touches from running
    union all
    select conversion_id, touch_id, 'u_shaped', amount_minor, u_through - u_part, u_through, u_total from running
    union all
    select conversion_id, touch_id, 'w_shaped', amount_minor, w_through - w_part, w_through, w_total from running
    union all
    select conversion_id, touch_id, 'time_decay', amount_minor, decay_through - decay, decay_through, decay_total from running
    union all
    select conversion_id, touch_id, 'full_path', amount_minor, f_through - f_part, f_through, f_total from running
    union all
    select conversion_id, touch_id, 'last_non_direct', amount_minor, 0, 1, 1
    from running where position = coalesce(other_position, touches)
),

over_channels as (
    select
        conversion_id, touch_id, 'shapley' as attribution_model, amount_minor, channel_position - 1 as before,
        channel_position as through, channels as total, in_channel, channel_touches
    from running
    inner join channels_weighed using (conversion_id, channel)
    union all
    select
        conversion_id, touch_id, 'markov', amount_minor, effect_through - effect_parts, effect_through, effect_total, in_channel,
        channel_touches
    from running
    inner join channels_weighed using (conversion_id, channel)
),

of_channel as (
    select
        conversion_id, touch_id, attribution_model, in_channel, channel_touches,
        cast(amount_minor as hugeint) * through // total - cast(amount_minor as hugeint) * before // total as amount_minor,
        cast(1000000000000 as hugeint) * through // total - cast(1000000000000 as hugeint) * before // total as units
    from over_channels
)

select
    conversion_id,
    touch_id,
    attribution_model,
    cast(cast(amount_minor as hugeint) * through // total - cast(amount_minor as hugeint) * before // total as bigint) as credited_minor,
    cast(cast(1000000000000 as hugeint) * through // total - cast(1000000000000 as hugeint) * before // total as bigint) as weight_units
from credits
union all
select
    conversion_id,
    touch_id,
    attribution_model,
    cast(amount_minor * in_channel // channel_touches - amount_minor * (in_channel - 1) // channel_touches as bigint),
    cast(units * in_channel // channel_touches - units * (in_channel - 1) // channel_touches as bigint)
from of_channel
