-- Attributed and other conversions at the level of their kind, and once more at every other level that a definition asks for (D52).
-- Whoever asks for a level gets all conversions of the kind there: those that stand at it anyway are not repeated, and where nobody of
-- that level is on record the conversion has no owner, so that each level still adds up to all of the revenue.
with default_levels as (
    select
        conversion_kinds.conversion_kind,
        conversion_kinds.journey_level
    from {{ ref('stg_definitions__conversion_kinds') }} as conversion_kinds
    where {{ holds_on('conversion_kinds', evaluation_date()) }}
),

asked as (
    select
        conversion_levels.conversion_kind,
        conversion_levels.journey_level
    from {{ ref('stg_definitions__conversion_levels') }} as conversion_levels
    inner join default_levels
        on conversion_levels.conversion_kind = default_levels.conversion_kind
        and conversion_levels.journey_level <> default_levels.journey_level
    where {{ holds_on('conversion_levels', evaluation_date()) }} and conversion_levels.is_stored
),

at_other_levels as (
    select
        conversions.conversion_key as default_conversion_key,
        conversions.conversion_id,
        conversions.kind,
        asked.journey_level,
        case asked.journey_level
            when 'account' then 'account:' || conversions.account_id
            when 'deal' then 'deal:' || conversions.deal_id
            else 'person:' || conversions.person_id
        end as journey_owner_id,
        conversions.person_id,
        conversions.account_id,
        conversions.lead_id,
        conversions.deal_id,
        conversions.converted_at,
        conversions.lead_created_at,
        conversions.opportunity_created_at,
        conversions.source_record_key
    from {{ ref('int_conversions_gathered') }} as conversions
    inner join asked
        on conversions.kind = asked.conversion_kind and conversions.journey_level <> asked.journey_level
    where conversions.is_attributed
),

-- the window of a conversion may start after the owner's one before it, which may stand at this level by default
instants as (
    select
        owned.kind,
        owned.journey_owner_id,
        owned.converted_at,
        lag(owned.converted_at) over (partition by owned.kind, owned.journey_owner_id order by owned.converted_at)
            as previous_converted_at
    from (
        select at_other_levels.kind, at_other_levels.journey_owner_id, at_other_levels.converted_at
        from at_other_levels
        where at_other_levels.journey_owner_id is not null
        union
        select conversions.kind, conversions.journey_owner_id, conversions.converted_at
        from {{ ref('int_conversions_gathered') }} as conversions
        inner join asked
            on conversions.kind = asked.conversion_kind and conversions.journey_level = asked.journey_level
        where conversions.journey_owner_id is not null
    ) as owned
),

conversions_counted as (
    select count(*) as conversions
    from {{ ref('int_conversions_gathered') }}
)

select
    conversions.conversion_key,
    conversions.conversion_key as default_conversion_key,
    'default' as level_asked,
    conversions.conversion_id,
    conversions.kind,
    conversions.journey_level,
    conversions.journey_owner_id,
    conversions.person_id,
    conversions.account_id,
    conversions.lead_id,
    conversions.deal_id,
    conversions.converted_at,
    conversions.previous_converted_at,
    conversions.lead_created_at,
    conversions.opportunity_created_at,
    conversions.is_attributed,
    conversions.source_record_key
from {{ ref('int_conversions_gathered') }} as conversions
union all
select
    cast(
        conversions_counted.conversions
        + row_number() over (order by at_other_levels.conversion_id, at_other_levels.journey_level) as bigint
    ) as conversion_key,
    at_other_levels.default_conversion_key,
    at_other_levels.journey_level as level_asked,
    at_other_levels.conversion_id,
    at_other_levels.kind,
    at_other_levels.journey_level,
    at_other_levels.journey_owner_id,
    at_other_levels.person_id,
    at_other_levels.account_id,
    at_other_levels.lead_id,
    at_other_levels.deal_id,
    at_other_levels.converted_at,
    instants.previous_converted_at,
    at_other_levels.lead_created_at,
    at_other_levels.opportunity_created_at,
    true as is_attributed,
    at_other_levels.source_record_key
from at_other_levels
cross join conversions_counted
left join instants
    on at_other_levels.kind = instants.kind
    and at_other_levels.journey_owner_id = instants.journey_owner_id
    and at_other_levels.converted_at = instants.converted_at
