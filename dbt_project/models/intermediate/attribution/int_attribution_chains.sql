-- The sets of paths that data-driven models learn from: one a kind of conversion, and one more for every other level that its
-- conversions are asked for at (D52). Every chain has a bit of its own, so that what an owner converted to is one number.
with kinds as (
    select
        conversion_kinds.conversion_kind,
        conversion_kinds.journey_level
    from {{ ref('stg_definitions__conversion_kinds') }} as conversion_kinds
    where {{ holds_on('conversion_kinds', evaluation_date()) }} and conversion_kinds.is_attributed
),

chains_wanted as (
    select kinds.conversion_kind, 'default' as level_asked, kinds.journey_level
    from kinds
    union all
    select kinds.conversion_kind, conversion_levels.journey_level as level_asked, conversion_levels.journey_level
    from kinds
    inner join {{ ref('stg_definitions__conversion_levels') }} as conversion_levels
        on kinds.conversion_kind = conversion_levels.conversion_kind
        and kinds.journey_level <> conversion_levels.journey_level
    where {{ holds_on('conversion_levels', evaluation_date()) }} and conversion_levels.is_stored
)

select
    chains_wanted.conversion_kind,
    chains_wanted.level_asked,
    chains_wanted.journey_level,
    {{ power_of_two('row_number() over (order by chains_wanted.conversion_kind, chains_wanted.level_asked) - 1') }} as bit
from chains_wanted
