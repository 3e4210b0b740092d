-- The figures that 90-day targets speak of, over each trailing window: cost and new customers, and the median of the
-- completed passages of the main chain, without leads marked duplicate or test (D6). The cost window is moved back by
-- `cost_lag_months`, counted as 30 days each.
with passages as (
    select
        {{ seconds_between('events.entered_at', 'events.left_at') }} as seconds,
        {{ local_date('events.left_at') }} as left_on
    from {{ ref('int_stage_passages') }} as events
    inner join {{ ref('int_stages_ranked') }} as stages
        on events.stage = stages.stage
        and stages.is_main_chain
    inner join {{ ref('int_leads_standing') }} as counted
        on events.lead_id = counted.lead_id
    where events.left_at <= {{ build_fact('evaluated_at') }}
),

passages_of_windows as (
    select
        windows.ends_on,
        count(*) as passages,
        cast(round(median(passages.seconds), 0) as bigint) as median_seconds
    from {{ ref('int_trailing_windows') }} as windows
    inner join passages
        on windows.date_on = passages.left_on
    group by windows.ends_on
),

costs as (
    select
        costs.date_on,
        sum(case when costs.team = 'marketing' then costs.amount_reporting_minor end) as marketing_minor,
        sum(case when costs.team = 'sales' then costs.amount_reporting_minor end) as sales_minor
    from {{ ref('int_costs_daily') }} as costs
    where costs.date_on <= {{ evaluation_date() }}
    group by costs.date_on
),

lagged as (
    select
        windows.ends_on,
        cast({{ plus_days('windows.date_on', '-30 * ' ~ count_policy('cost_lag_months')) }} as date) as costed_on
    from {{ ref('int_trailing_windows') }} as windows
),

costs_of_windows as (
    select
        lagged.ends_on,
        sum(costs.marketing_minor) + sum(costs.sales_minor) as cost_minor
    from lagged
    inner join costs
        on lagged.costed_on = costs.date_on
    group by lagged.ends_on
),

customers as (
    select
        windows.ends_on,
        count(*) as new_customers
    from {{ ref('int_trailing_windows') }} as windows
    inner join {{ ref('int_customers_acquired') }} as acquired
        on windows.date_on = acquired.first_closed_on
    group by windows.ends_on
),

ends as (
    select distinct windows.ends_on
    from {{ ref('int_trailing_windows') }} as windows
)

select
    ends.ends_on,
    cast(costs_of_windows.cost_minor as bigint) as cost_minor,
    cast(coalesce(customers.new_customers, 0) as bigint) as new_customers,
    cast(coalesce(passages_of_windows.passages, 0) as bigint) as passages,
    passages_of_windows.median_seconds
from ends
left join costs_of_windows
    on ends.ends_on = costs_of_windows.ends_on
left join customers
    on ends.ends_on = customers.ends_on
left join passages_of_windows
    on ends.ends_on = passages_of_windows.ends_on
