-- Whose touches a journey owner may claim (D52), people and accounts being those of identity: a person is alone, a deal has the people linked
-- to it, an account has all its people, its deals and touches that name only the account or one of its deals.
with owners as (
    select
        conversions.journey_owner_id,
        conversions.journey_level,
        conversions.person_id,
        conversions.account_id,
        conversions.deal_id
    from {{ ref('int_conversions_levelled') }} as conversions
    where conversions.journey_owner_id is not null and conversions.is_attributed
),

account_people as (
    select people.account_id, people.person_id
    from {{ ref('int_people_merged') }} as people
    where people.account_id is not null
    union all
    select leads.account_id, coalesce(leads.person_id, 'lead:' || leads.lead_id) as person_id
    from {{ ref('leads') }} as leads
    where leads.account_id is not null
    union all
    select deals.account_id, deals.person_id
    from {{ ref('int_deals_valued') }} as deals
    where deals.account_id is not null and deals.person_id is not null
    union all
    select deals.account_id, coalesce(leads.person_id, 'lead:' || deals.lead_id) as person_id
    from {{ ref('int_deals_valued') }} as deals
    left join {{ ref('leads') }} as leads
        on deals.lead_id = leads.lead_id
    where deals.account_id is not null and deals.lead_id is not null
    union all
    select touches.account_id, touches.person_id
    from {{ ref('touches') }} as touches
    where touches.account_id is not null and touches.person_id is not null
),

deal_people as (
    select deals.deal_id, deals.person_id
    from {{ ref('int_deals_valued') }} as deals
    where deals.person_id is not null
    union all
    select deals.deal_id, coalesce(leads.person_id, 'lead:' || deals.lead_id) as person_id
    from {{ ref('int_deals_valued') }} as deals
    left join {{ ref('leads') }} as leads
        on deals.lead_id = leads.lead_id
    where deals.lead_id is not null
    union all
    select touches.deal_id, touches.person_id
    from {{ ref('int_touches_channelled') }} as touches
    where touches.deal_id is not null and touches.person_id is not null
),

members as (
    select owners.journey_owner_id, owners.person_id as member_id
    from owners
    where owners.person_id is not null
    union all
    select owners.journey_owner_id, 'deal:' || owners.deal_id as member_id
    from owners
    where owners.deal_id is not null and owners.journey_level <> 'person'
    union all
    select owners.journey_owner_id, deal_people.person_id as member_id
    from owners
    inner join deal_people
        on owners.deal_id = deal_people.deal_id
    where owners.journey_level <> 'person'
    union all
    select owners.journey_owner_id, account_people.person_id as member_id
    from owners
    inner join account_people
        on owners.account_id = account_people.account_id
    where owners.journey_level = 'account'
    union all
    select owners.journey_owner_id, 'deal:' || deals.deal_id as member_id
    from owners
    inner join {{ ref('int_deals_valued') }} as deals
        on owners.account_id = deals.account_id
    where owners.journey_level = 'account'
    union all
    select owners.journey_owner_id, 'account:' || owners.account_id as member_id
    from owners
    where owners.account_id is not null and owners.journey_level = 'account'
)

select
    members.journey_owner_id,
    members.member_id
from members
group by members.journey_owner_id, members.member_id
