-- Campaigns that cost money or that leads and touches name. Cost in the reporting currency, where a rate is known.
with spending as (
    select
        costs.campaign_id,
        cast(sum(costs.amount_minor) as bigint) as amount_minor,
        cast(sum(costs.amount_reporting_minor) as bigint) as amount_reporting_minor
    from {{ ref('int_costs_daily') }} as costs
    where costs.campaign_id is not null
    group by costs.campaign_id
),

paid_channels as (
    select channels.channel
    from {{ ref('stg_definitions__channels') }} as channels
    where channels.is_paid and {{ holds_on('channels', evaluation_date()) }}
),

named as (
    select
        leads.campaign_id,
        count(*) as leads,
        0 as touches,
        count(paid_channels.channel) as of_paid_channels
    from {{ ref('int_leads_channelled') }} as leads
    left join paid_channels
        on leads.channel = paid_channels.channel
    where leads.campaign_id is not null
    group by leads.campaign_id
    union all
    select
        touches.campaign_id,
        0 as leads,
        count(*) as touches,
        count(paid_channels.channel) as of_paid_channels
    from {{ ref('int_touches_channelled') }} as touches
    left join paid_channels
        on touches.channel = paid_channels.channel
    where touches.campaign_id is not null
    group by touches.campaign_id
),

named_campaigns as (
    select
        named.campaign_id,
        sum(named.leads) as leads,
        sum(named.touches) as touches,
        sum(named.of_paid_channels) as of_paid_channels
    from named
    group by named.campaign_id
)

select
    coalesce(spending.campaign_id, named_campaigns.campaign_id) as campaign_id,
    coalesce(spending.amount_minor, 0) > 0 as has_cost,
    spending.amount_reporting_minor,
    cast(coalesce(named_campaigns.leads, 0) as bigint) as leads,
    cast(coalesce(named_campaigns.touches, 0) as bigint) as touches,
    coalesce(named_campaigns.of_paid_channels, 0) > 0 as is_paid
from spending
full outer join named_campaigns
    on spending.campaign_id = named_campaigns.campaign_id
