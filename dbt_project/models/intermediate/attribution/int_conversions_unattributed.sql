-- Conversions whose journey is empty, with the reason (D60), first that fits: `no_identity` nobody to look for;
-- `no_touch` nothing on record up to the conversion; `outside_lookback` creditable touches, all before the window;
-- `not_creditable` touches, none of which may earn.
with windows as (
    select
        models.window_key
    from {{ ref('int_attribution_models_enabled') }} as models
    group by models.window_key
),

without_journey as (
    select
        conversions.conversion_key,
        conversions.journey_owner_id,
        conversions.converted_at,
        windows.window_key
    from {{ ref('int_conversions_levelled') }} as conversions
    cross join windows
    left join {{ ref('int_journeys_measured') }} as measured
        on conversions.conversion_key = measured.conversion_key and windows.window_key = measured.window_key
    where conversions.is_attributed and measured.conversion_key is null
),

-- a deal is always its own member, so an owner is known by a member that is a person or an account
known_owners as (
    select
        members.journey_owner_id,
        max(case when members.member_id not like 'deal:%' then 1 else 0 end) = 1 as is_known
    from {{ ref('int_journey_members') }} as members
    group by members.journey_owner_id
),

touches_found as (
    select
        without_journey.conversion_key,
        without_journey.window_key,
        max(case when touches.is_creditable and touches.collapsed_into is null then 1 else 0 end) = 1 as has_creditable
    from without_journey
    inner join {{ ref('int_journey_members') }} as members
        on without_journey.journey_owner_id = members.journey_owner_id
    inner join {{ ref('int_touches_channelled') }} as touches
        on members.member_id = touches.member_id and touches.occurred_at <= without_journey.converted_at
    group by without_journey.conversion_key, without_journey.window_key
)

select
    without_journey.conversion_key,
    without_journey.window_key,
    case
        when touches_found.has_creditable then 'outside_lookback'
        when touches_found.conversion_key is not null then 'not_creditable'
        when coalesce(known_owners.is_known, false) then 'no_touch'
        else 'no_identity'
    end as unattributed_reason
from without_journey
left join known_owners
    on without_journey.journey_owner_id = known_owners.journey_owner_id
left join touches_found
    on without_journey.conversion_key = touches_found.conversion_key and without_journey.window_key = touches_found.window_key
