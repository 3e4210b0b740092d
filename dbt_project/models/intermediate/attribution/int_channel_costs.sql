-- Cost of each channel and month in the reporting currency, on the company's VAT basis, up to the evaluation date: cabinets'
-- statistics and cost entries that name a channel or a campaign. What names a campaign that is not on record stands under `unknown`;
-- entries of no channel (salaries, tools) belong to no row. A channel-month with nothing known has no cost, not 0 (D5).
with costs_of_channels as (
    select
        coalesce(costs.channel, campaigns.channel, case when costs.cost_kind = 'ad' or costs.campaign_id is not null then 'unknown' end) as channel,
        costs.date_on,
        costs.amount_reporting_minor
    from {{ ref('int_costs_daily') }} as costs
    left join {{ ref('int_campaigns_channelled') }} as campaigns
        on costs.campaign_id = campaigns.campaign_id
    where costs.date_on <= {{ evaluation_date() }}
)

select
    costs_of_channels.channel,
    days.month_starts_on,
    cast(sum(costs_of_channels.amount_reporting_minor) as bigint) as cost_minor,
    cast(sum(case when costs_of_channels.amount_reporting_minor is null then 1 else 0 end) as bigint) as rows_without_rate
from costs_of_channels
inner join {{ ref('int_days') }} as days
    on costs_of_channels.date_on = days.date_on
where costs_of_channels.channel is not null
group by costs_of_channels.channel, days.month_starts_on
