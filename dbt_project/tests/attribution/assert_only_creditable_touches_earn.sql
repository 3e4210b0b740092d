-- D50: outcomes, sends, impressions and unanswered attempts stand in no journey.
select
    ledger.credit_id,
    touches.kind
from {{ ref('fct_attribution_credits') }} as ledger
inner join {{ ref('fct_touches') }} as touches
    on ledger.touch_id = touches.touch_id
where not touches.is_creditable or touches.collapsed_into is not null
