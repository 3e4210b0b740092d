-- Which chains an owner of touches has converted in, as the sum of their bits: whoever belongs to the journey of a conversion has
-- converted, and with one member the whole account.
with owners as (
    select
        conversions.journey_level,
        members.member_id as owner_id,
        conversions.bit
    from {{ ref('int_chain_conversions') }} as conversions
    inner join {{ ref('int_journey_members') }} as members
        on conversions.journey_owner_id = members.journey_owner_id
    union all
    -- a member owns itself wherever its touches name no account, so touches are only asked for the accounts that they name
    select
        conversions.journey_level,
        {{ path_owner('conversions.journey_level', 'touches') | indent(8) }} as owner_id,
        conversions.bit
    from {{ ref('int_chain_conversions') }} as conversions
    inner join {{ ref('int_journey_members') }} as members
        on conversions.journey_owner_id = members.journey_owner_id
    inner join {{ ref('int_touches_channelled') }} as touches
        on members.member_id = touches.member_id
    where conversions.journey_level = 'account'
        and touches.account_id is not null
        and touches.is_creditable
        and touches.collapsed_into is null
),

owners_of_chains as (
    select
        owners.journey_level,
        owners.owner_id,
        owners.bit
    from owners
    group by owners.journey_level, owners.owner_id, owners.bit
)

select
    owners_of_chains.journey_level,
    owners_of_chains.owner_id,
    cast(sum(owners_of_chains.bit) as bigint) as chains_converted
from owners_of_chains
group by owners_of_chains.journey_level, owners_of_chains.owner_id
