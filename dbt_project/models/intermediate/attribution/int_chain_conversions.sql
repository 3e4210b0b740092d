{{ config(materialized=view_or_spark_table()) }}
-- The conversions of each chain; at a level that was asked for also those that stand at it by default.
select
    conversions.conversion_key,
    conversions.journey_owner_id,
    chains.conversion_kind,
    chains.level_asked,
    chains.journey_level,
    chains.bit
from {{ ref('int_conversions_levelled') }} as conversions
inner join {{ ref('int_attribution_chains') }} as chains
    on conversions.kind = chains.conversion_kind
    and (
        conversions.level_asked = chains.level_asked
        or (conversions.level_asked = 'default' and conversions.journey_level = chains.level_asked)
    )
where conversions.is_attributed
