-- Law 1: per conversion, revenue row, model and level the weights sum to exactly 1 and none is negative.
select
    ledger.revenue_row_id,
    ledger.attribution_model,
    ledger.journey_level,
    sum(ledger.weight) as weight,
    min(ledger.weight) as lowest_weight
from {{ ref('fct_attribution_credits') }} as ledger
group by ledger.revenue_row_id, ledger.attribution_model, ledger.journey_level
having sum(ledger.weight) <> 1 or min(ledger.weight) < 0
