-- What the rules need to know about a whole journey. The position of a milestone is that of the last touch at or before
-- it; null when there is no milestone, when it lies before the first touch or after the conversion (D53).
select
    journeys.conversion_key,
    journeys.window_key,
    cast(count(*) as bigint) as touches,
    cast(max(
        case
            when conversions.lead_created_at <= conversions.converted_at and journeys.occurred_at <= conversions.lead_created_at
                then journeys.position
        end
    ) as bigint) as lead_created_position,
    cast(max(
        case
            when conversions.opportunity_created_at <= conversions.converted_at
                and journeys.occurred_at <= conversions.opportunity_created_at
                then journeys.position
        end
    ) as bigint) as opportunity_created_position,
    cast(max(case when not journeys.is_direct then journeys.position end) as bigint) as last_non_direct_position,
    cast(sum(journeys.decay_parts) as bigint) as decay_parts_total
from {{ ref('int_journeys') }} as journeys
inner join {{ ref('int_conversions_levelled') }} as conversions
    on journeys.conversion_key = conversions.conversion_key
group by journeys.conversion_key, journeys.window_key
