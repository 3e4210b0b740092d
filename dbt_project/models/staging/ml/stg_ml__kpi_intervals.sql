select
    cast(kpi as string) as kpi,
    cast(variant as string) as variant,
    cast(month_starts_on as date) as month_starts_on,
    cast(low as decimal(38, 9)) as low,
    cast(high as decimal(38, 9)) as high,
    cast(resampling_unit as string) as resampling_unit,
    cast(replicates as bigint) as replicates
from {{ source('ml', 'kpi_intervals') }}
