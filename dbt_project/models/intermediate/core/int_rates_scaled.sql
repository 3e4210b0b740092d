-- Factors that turn minor units of a currency into minor units of the reporting currency on a local date.
-- One row per currency and day that has a rate; the reporting currency itself needs none.
select
    rates.currency,
    rates.date_on,
    max(rates.rate) as rate,
    max(from_currencies.minor_per_unit) as minor_per_unit,
    max(to_currencies.minor_per_unit) as reporting_minor_per_unit
from {{ ref('stg_definitions__fx_rates') }} as rates
inner join {{ ref('stg_definitions__currencies') }} as from_currencies
    on rates.currency = from_currencies.currency
inner join {{ ref('stg_definitions__currencies') }} as to_currencies
    on rates.reporting_currency = to_currencies.currency
where rates.reporting_currency = {{ build_fact('reporting_currency') }}
    and {{ holds_on('rates', evaluation_date()) }}
group by rates.currency, rates.date_on
