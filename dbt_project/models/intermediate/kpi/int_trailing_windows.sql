-- Days of the trailing 90-day windows that changes are read from: one row per window and day. A window ends with a month
-- of the KPIs (the running one at the evaluation date) or at a baseline of `target_baselines.csv`; `ends_on` is exclusive.
with ends as (
    select least(months.next_month_starts_on, {{ evaluation_date() }}) as ends_on
    from {{ ref('int_kpi_months') }} as months
    union
    select baselines.baseline_on as ends_on
    from {{ ref('stg_definitions__target_baselines') }} as baselines
    where {{ holds_on('baselines', evaluation_date()) }}
)

select
    ends.ends_on,
    days.date_on
from ends
inner join {{ ref('int_days') }} as days
    on days.date_on >= {{ plus_days('ends.ends_on', -90) }}
    and days.date_on < ends.ends_on
