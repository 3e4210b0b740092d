-- What is shown beside touches is all that campaigns and channels cost.
with shown as (
    select coalesce(sum(report.cost_minor), 0) as cost_minor
    from {{ ref('rpt_spend_and_touches') }} as report
),

spent as (
    select coalesce(sum(costs.cost_minor), 0) as cost_minor
    from {{ ref('int_channel_costs') }} as costs
)

select
    shown.cost_minor as shown_minor,
    spent.cost_minor as spent_minor
from shown
cross join spent
where shown.cost_minor <> spent.cost_minor
