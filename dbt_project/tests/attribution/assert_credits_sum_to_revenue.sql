-- Law 1: per conversion, revenue row, model and level the credits sum to the revenue to the minor unit (D57).
with credited as (
    select
        ledger.revenue_row_id,
        ledger.attribution_model,
        ledger.journey_level,
        sum(ledger.credited_minor) as credited_minor,
        sum(case when ledger.credited_minor is null then 1 else 0 end) as rows_without_money
    from {{ ref('fct_attribution_credits') }} as ledger
    group by ledger.revenue_row_id, ledger.attribution_model, ledger.journey_level
)

select
    credited.revenue_row_id,
    credited.attribution_model,
    credited.journey_level,
    credited.credited_minor,
    revenue_rows.amount_reporting_minor
from credited
inner join {{ ref('int_revenue_rows') }} as revenue_rows
    on credited.revenue_row_id = revenue_rows.revenue_row_id
where credited.credited_minor is distinct from revenue_rows.amount_reporting_minor
    or (credited.rows_without_money > 0 and revenue_rows.amount_reporting_minor is not null)
