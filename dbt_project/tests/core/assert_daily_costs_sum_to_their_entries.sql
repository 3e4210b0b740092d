-- The days of a cost entry sum to the entry to the minor unit, and no cost is lost on the way from the contracts.
with daily as (
    select
        cost_kind,
        cost_id,
        sum(amount_minor) as amount_minor
    from {{ ref('int_costs_daily') }}
    group by cost_kind, cost_id
),

recorded as (
    select
        'entry' as cost_kind,
        cost_id,
        amount_minor
    from {{ ref('costs') }}
    union all
    select
        'ad' as cost_kind,
        performance_id as cost_id,
        coalesce(cost_net_minor, cost_gross_minor) as amount_minor
    from {{ ref('ad_performance_daily') }}
    where coalesce(cost_net_minor, cost_gross_minor) is not null
)

select
    recorded.cost_kind,
    recorded.cost_id,
    recorded.amount_minor,
    daily.amount_minor as daily_minor
from recorded
left join daily
    on recorded.cost_kind = daily.cost_kind
    and recorded.cost_id = daily.cost_id
where daily.amount_minor is null or daily.amount_minor <> recorded.amount_minor
