-- Yardstick of the ledger's speed: what a careful analyst writes in one statement for exactly six models, with exact money
-- and nothing else: no other windows or models, no unattributed rows, no refunds, no labels, no tests.
-- Input `journey_touches`: one row per conversion and touch inside the window, unordered, already joined
-- (conversion_id, touch_id, occurred_at, converted_at, amount_minor, lead_created_at, opportunity_created_at).
create or replace table ledger_reference as
with numbered as (
    select
        conversion_id,
        touch_id,
        amount_minor,
        row_number() over journey as position,
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
        end as w_part
    from numbered
),

running as (
    select
        *,
        sum(u_part) over journey as u_through,
        sum(u_part) over whole_journey as u_total,
        sum(w_part) over journey as w_through,
        sum(w_part) over whole_journey as w_total,
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
)

select
    conversion_id,
    touch_id,
    attribution_model,
    cast(cast(amount_minor as hugeint) * through // total - cast(amount_minor as hugeint) * before // total as bigint) as credited_minor,
    cast(cast(1000000000000 as hugeint) * through // total - cast(1000000000000 as hugeint) * before // total as bigint) as weight_units
from credits
