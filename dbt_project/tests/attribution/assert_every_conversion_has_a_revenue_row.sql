-- Without a revenue row a conversion would vanish from the ledger silently.
select
    conversions.conversion_id,
    conversions.kind
from {{ ref('fct_conversions') }} as conversions
left join {{ ref('int_revenue_rows') }} as revenue_rows
    on conversions.conversion_id = revenue_rows.conversion_id
where revenue_rows.conversion_id is null
