-- The dated amounts of a conversion belong to each of its journeys, one a level that the ledger holds (D52). A table: the ledger joins it
-- to every part four times.
select
    conversions.conversion_key,
    revenue_rows.revenue_row_number,
    revenue_rows.amount_reporting_minor,
    revenue_rows.is_negation,
    revenue_rows.negation_group
from {{ ref('int_revenue_rows') }} as revenue_rows
inner join {{ ref('int_conversions_levelled') }} as conversions
    on revenue_rows.conversion_key = conversions.default_conversion_key
