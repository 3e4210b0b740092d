-- Everything that counts as a conversion, before money: stages reached by leads, deals won, deals paid, imported ones.
-- Which kinds exist, at which level and whether they are attributed is the definition `conversion_kinds`.
with kinds as (
    select
        conversion_kinds.conversion_kind,
        conversion_kinds.journey_level,
        conversion_kinds.carries_revenue,
        conversion_kinds.is_attributed,
        conversion_kinds.definition_version
    from {{ ref('stg_definitions__conversion_kinds') }} as conversion_kinds
    where {{ holds_on('conversion_kinds', evaluation_date()) }}
),

deals_ranked as (
    select
        deals.deal_id,
        deals.lead_id,
        deals.opportunity_at,
        row_number() over (partition by deals.lead_id order by deals.opportunity_at, deals.created_at, deals.deal_id) as deal_order
    from {{ ref('int_deals_valued') }} as deals
    where deals.lead_id is not null
),

stages_reached as (
    select
        kinds.conversion_kind as kind,
        reached.lead_id as natural_id,
        coalesce(leads.person_id, 'lead:' || leads.lead_id) as person_id,
        coalesce(leads.account_id, people.account_id) as account_id,
        leads.lead_id,
        deals_ranked.deal_id,
        reached.reached_at as converted_at,
        leads.created_at as lead_created_at,
        deals_ranked.opportunity_at as opportunity_created_at,
        cast(null as boolean) as is_first_deal,
        leads.source_system,
        leads.source_record_key
    from {{ ref('int_leads_reached') }} as reached
    inner join kinds
        on reached.stage = kinds.conversion_kind and kinds.conversion_kind not in ('won', 'paid')
    inner join {{ ref('leads') }} as leads
        on reached.lead_id = leads.lead_id
    left join {{ ref('int_people_merged') }} as people
        on leads.person_id = people.person_id
    left join deals_ranked
        on reached.lead_id = deals_ranked.lead_id and deals_ranked.deal_order = 1
    where not coalesce(leads.is_duplicate, false) and not coalesce(leads.is_test, false)
),

-- a deal is won as often as it was re-opened in between, and paid once
closings as (
    select
        'won' as kind,
        wins.deal_id,
        wins.deal_id || case when wins.win_number = 1 then '' else ':' || cast(wins.win_number as string) end as natural_id,
        wins.won_at as converted_at
    from {{ ref('int_deals_won') }} as wins
    union all
    select
        'paid' as kind,
        deals.deal_id,
        deals.deal_id as natural_id,
        deals.paid_at as converted_at
    from {{ ref('int_deals_valued') }} as deals
    where deals.paid_at is not null
),

deals_closed as (
    select
        closings.kind,
        closings.natural_id,
        coalesce(deals.person_id, leads.person_id, 'lead:' || deals.lead_id) as person_id,
        coalesce(deals.account_id, people.account_id) as account_id,
        deals.lead_id,
        deals.deal_id,
        closings.converted_at,
        leads.created_at as lead_created_at,
        deals.opportunity_at as opportunity_created_at,
        deals.is_first_deal,
        deals.source_system,
        deals.source_record_key
    from closings
    inner join kinds
        on closings.kind = kinds.conversion_kind
    inner join {{ ref('int_deals_valued') }} as deals
        on closings.deal_id = deals.deal_id
    left join {{ ref('leads') }} as leads
        on deals.lead_id = leads.lead_id
    left join {{ ref('int_people_merged') }} as people
        on coalesce(deals.person_id, leads.person_id) = people.person_id
),

-- a kind that no definition names is treated as `imported`
imported as (
    select
        coalesce(imported_conversions.kind, 'imported') as kind,
        imported_conversions.conversion_id as natural_id,
        coalesce(
            imported_conversions.person_id,
            leads.person_id,
            deals.person_id,
            'lead:' || coalesce(imported_conversions.lead_id, deals.lead_id)
        ) as person_id,
        coalesce(imported_conversions.account_id, deals.account_id, leads.account_id, people.account_id) as account_id,
        coalesce(imported_conversions.lead_id, deals.lead_id) as lead_id,
        imported_conversions.deal_id,
        imported_conversions.converted_at,
        leads.created_at as lead_created_at,
        deals.opportunity_at as opportunity_created_at,
        deals.is_first_deal,
        imported_conversions.source_system,
        imported_conversions.source_record_key
    from {{ ref('conversions') }} as imported_conversions
    left join {{ ref('int_deals_valued') }} as deals
        on imported_conversions.deal_id = deals.deal_id
    left join {{ ref('leads') }} as leads
        on coalesce(imported_conversions.lead_id, deals.lead_id) = leads.lead_id
    left join {{ ref('int_people_merged') }} as people
        on coalesce(imported_conversions.person_id, leads.person_id, deals.person_id) = people.person_id
),

gathered as (
    select * from stages_reached
    union all
    select * from deals_closed
    union all
    select * from imported
),

levelled as (
    select
        gathered.*,
        gathered.kind || ':' || gathered.natural_id as conversion_id,
        case
            when coalesce(kinds.journey_level, imported_kind.journey_level, 'person') = 'person' then 'person'
            when gathered.account_id is not null then 'account'
            when gathered.deal_id is not null then 'deal'
            else 'person'
        end as journey_level,
        coalesce(kinds.carries_revenue, imported_kind.carries_revenue, true) as carries_revenue,
        coalesce(kinds.is_attributed, imported_kind.is_attributed, true) as is_attributed,
        coalesce(kinds.definition_version, imported_kind.definition_version) as definition_version
    from gathered
    left join kinds
        on gathered.kind = kinds.conversion_kind
    left join kinds as imported_kind
        on kinds.conversion_kind is null and imported_kind.conversion_kind = 'imported'
),

owned as (
    select
        levelled.*,
        case levelled.journey_level
            when 'account' then 'account:' || levelled.account_id
            when 'deal' then 'deal:' || levelled.deal_id
            else 'person:' || levelled.person_id
        end as journey_owner_id
    from levelled
),

-- D51: an earlier conversion of the same kind and owner, strictly earlier in time
instants as (
    select
        owned.kind,
        owned.journey_owner_id,
        owned.converted_at,
        lag(owned.converted_at) over (partition by owned.kind, owned.journey_owner_id order by owned.converted_at)
            as previous_converted_at
    from owned
    where owned.journey_owner_id is not null
    group by owned.kind, owned.journey_owner_id, owned.converted_at
)

select
    cast(row_number() over (order by owned.conversion_id) as bigint) as conversion_key,
    owned.conversion_id,
    owned.kind,
    owned.natural_id,
    owned.journey_level,
    owned.journey_owner_id,
    owned.person_id,
    owned.account_id,
    owned.lead_id,
    owned.deal_id,
    owned.converted_at,
    instants.previous_converted_at,
    owned.lead_created_at,
    owned.opportunity_created_at,
    owned.is_first_deal,
    owned.carries_revenue,
    owned.is_attributed,
    owned.source_system,
    owned.source_record_key,
    owned.definition_version
from owned
left join instants
    on owned.kind = instants.kind
    and owned.journey_owner_id = instants.journey_owner_id
    and owned.converted_at = instants.converted_at
