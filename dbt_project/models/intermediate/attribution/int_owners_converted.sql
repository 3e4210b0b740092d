-- Which chains an owner of touches has converted in, as the sum of their bits: whoever belongs to the journey of a conversion has
-- converted, and with one member the whole account.
with converted_members as (
    select
        conversions.journey_level,
        members.member_id,
        conversions.bit
    from {{ ref('int_chain_conversions') }} as conversions
    inner join {{ ref('int_journey_members') }} as members
        on conversions.journey_owner_id = members.journey_owner_id
    group by conversions.journey_level, members.member_id, conversions.bit
),

owners as (
    select
        converted_members.journey_level,
        {{ path_owner('converted_members.journey_level', 'touches') | indent(8) }} as owner_id,
        converted_members.bit
    from converted_members
    inner join {{ ref('int_touches_channelled') }} as touches
        on converted_members.member_id = touches.member_id
    where touches.is_creditable and touches.collapsed_into is null
    group by
        converted_members.journey_level,
        {{ path_owner('converted_members.journey_level', 'touches') | indent(8) }},
        converted_members.bit
)

select
    owners.journey_level,
    owners.owner_id,
    cast(sum(owners.bit) as bigint) as chains_converted
from owners
group by owners.journey_level, owners.owner_id
