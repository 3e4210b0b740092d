-- Law 1: no touch earns before the model's lookback or after the conversion; both ends belong to the window (A16).
select
    ledger.credit_id,
    ledger.touched_at,
    ledger.converted_at
from {{ ref('fct_attribution_credits') }} as ledger
inner join {{ ref('int_attribution_models_enabled') }} as models
    on ledger.attribution_model = models.attribution_model
where ledger.touch_id is not null
    and (
        ledger.touched_at > ledger.converted_at
        or ledger.touched_at < {{ plus_days('ledger.converted_at', '-models.lookback_days') }}
    )
