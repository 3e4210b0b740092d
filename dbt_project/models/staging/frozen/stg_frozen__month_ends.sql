select
    cast(period as string) as period,
    cast(month_starts_on as date) as month_starts_on,
    cast(next_month_starts_on as date) as next_month_starts_on,
    cast(figure as string) as figure,
    cast(numerator as bigint) as numerator,
    cast(denominator as bigint) as denominator,
    cast(currency as string) as currency,
    cast(known_on as date) as known_on,
    cast(is_reconstructed as boolean) as is_reconstructed
from {{ source('raw_frozen', 'month_ends') }}
