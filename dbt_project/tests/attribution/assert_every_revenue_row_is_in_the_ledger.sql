-- D60: every revenue row of an attributed conversion stands in the ledger under every enabled model and at every level that is asked for, earned or not,
-- either earned by touches or as one unattributed row, never both.
with expected as (
    select
        revenue_rows.revenue_row_id,
        conversions.journey_level,
        models.attribution_model
    from {{ ref('int_revenue_rows') }} as revenue_rows
    inner join {{ ref('int_conversions_levelled') }} as conversions
        on revenue_rows.conversion_id = conversions.conversion_id and conversions.is_attributed
    cross join {{ ref('int_attribution_models_enabled') }} as models
),

found as (
    select
        ledger.revenue_row_id,
        ledger.journey_level,
        ledger.attribution_model,
        sum(case when ledger.touch_id is null then 1 else 0 end) as unattributed_rows,
        sum(case when ledger.touch_id is not null then 1 else 0 end) as earned_rows,
        sum(case when ledger.touch_id is null and ledger.unattributed_reason is null then 1 else 0 end) as rows_without_reason
    from {{ ref('fct_attribution_credits') }} as ledger
    group by ledger.revenue_row_id, ledger.journey_level, ledger.attribution_model
)

select
    expected.revenue_row_id,
    expected.journey_level,
    expected.attribution_model,
    found.unattributed_rows,
    found.earned_rows
from expected
left join found
    on expected.revenue_row_id = found.revenue_row_id
    and expected.journey_level = found.journey_level
    and expected.attribution_model = found.attribution_model
where found.revenue_row_id is null
    or found.unattributed_rows > 1
    or (found.unattributed_rows = 1 and found.earned_rows > 0)
    or found.rows_without_reason > 0
