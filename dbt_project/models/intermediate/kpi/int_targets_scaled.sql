-- Targets of the whole company in force on the evaluation date, as parts per million: products of shares stay whole
-- numbers, and a target is compared with a product without rounding.
select
    targets.kpi,
    targets.variant,
    cast(floor(targets.target_low * 1000000 + cast('0.5' as decimal(2, 1))) as bigint) as low_millionths,
    cast(floor(targets.target_high * 1000000 + cast('0.5' as decimal(2, 1))) as bigint) as high_millionths,
    cast(floor(coalesce(targets.target_low, targets.target_high) * 1000000 + cast('0.5' as decimal(2, 1))) as bigint) as target_millionths,
    targets.target_low,
    targets.target_high,
    targets.definition_version
from {{ ref('stg_definitions__targets') }} as targets
where targets.segment = '(all)'
    and {{ holds_on('targets', evaluation_date()) }}
    and coalesce(targets.target_low, targets.target_high) is not null
