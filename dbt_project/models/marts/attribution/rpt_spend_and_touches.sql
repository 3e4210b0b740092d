-- Where money and touches do not meet. A touch belongs to its campaign, else to the tag it carries, else to its channel; cost to its
-- campaign, else to its channel. Impressions are no sign that somebody was met.
with paid_channels as (
    select channels.channel
    from {{ ref('stg_definitions__channels') }} as channels
    where channels.is_paid and {{ holds_on('channels', evaluation_date()) }}
),

costs as (
    select
        case when costs.campaign_id is not null then 'campaign' else 'channel' end as subject,
        coalesce(costs.campaign_id, costs.channel, 'unknown') as subject_id,
        days.month_starts_on,
        sum(costs.amount_reporting_minor) as cost_minor,
        sum(case when costs.amount_reporting_minor is null then 1 else 0 end) as costs_without_rate
    from {{ ref('int_costs_daily') }} as costs
    inner join {{ ref('int_days') }} as days
        on costs.date_on = days.date_on
    where costs.date_on <= {{ evaluation_date() }}
        and (costs.campaign_id is not null or costs.channel is not null or costs.cost_kind = 'ad')
    group by
        case when costs.campaign_id is not null then 'campaign' else 'channel' end,
        coalesce(costs.campaign_id, costs.channel, 'unknown'),
        days.month_starts_on
),

touches_placed as (
    select
        case
            when touches.campaign_id is not null then 'campaign'
            when trim(recorded.utm_campaign) <> '' then 'tag'
            else 'channel'
        end as subject,
        coalesce(
            touches.campaign_id,
            case when trim(recorded.utm_campaign) <> '' then {{ lower_text('trim(recorded.utm_campaign)') }} end,
            touches.channel
        ) as subject_id,
        {{ local_date('touches.occurred_at') }} as occurred_on,
        case when paid_channels.channel is not null then 1 else 0 end as is_paid
    from {{ ref('int_touches_channelled') }} as touches
    inner join {{ ref('touches') }} as recorded
        on touches.touch_id = recorded.touch_id
    left join paid_channels
        on touches.channel = paid_channels.channel
    where touches.kind <> 'impression' and touches.team in ('marketing', 'both')
),

touches as (
    select
        touches_placed.subject,
        touches_placed.subject_id,
        days.month_starts_on,
        count(*) as touches,
        sum(touches_placed.is_paid) as touches_of_paid_channels
    from touches_placed
    inner join {{ ref('int_days') }} as days
        on touches_placed.occurred_on = days.date_on
    group by touches_placed.subject, touches_placed.subject_id, days.month_starts_on
),

met as (
    select
        coalesce(costs.subject, touches.subject) as subject,
        coalesce(costs.subject_id, touches.subject_id) as subject_id,
        coalesce(costs.month_starts_on, touches.month_starts_on) as month_starts_on,
        costs.cost_minor,
        coalesce(costs.costs_without_rate, 0) as costs_without_rate,
        coalesce(touches.touches, 0) as touches,
        coalesce(touches.touches_of_paid_channels, 0) as touches_of_paid_channels
    from costs
    full outer join touches
        on costs.subject = touches.subject
        and costs.subject_id = touches.subject_id
        and costs.month_starts_on = touches.month_starts_on
)

select
    cast(met.subject as string) as subject,
    met.subject_id,
    met.month_starts_on as month,
    campaigns.campaign_name as campaign,
    case met.subject when 'campaign' then campaign_channels.channel when 'channel' then met.subject_id end as channel,
    cast(met.cost_minor as bigint) as cost_minor,
    cast(met.costs_without_rate as bigint) as costs_without_rate,
    cast(met.touches as bigint) as touches,
    cast(met.touches_of_paid_channels as bigint) as touches_of_paid_channels,
    cast(
        case
            when (met.cost_minor > 0 or met.costs_without_rate > 0) and met.touches > 0 then 'met'
            when met.cost_minor > 0 or met.costs_without_rate > 0 then 'spend_without_touches'
            when met.touches_of_paid_channels > 0 then 'touches_without_spend'
            else 'nothing_to_pay'
        end as string
    ) as state,
    {{ build_fact('reporting_currency') }} as currency,
    {{ build_fact('build_id') }} as build_id
from met
left join {{ ref('int_campaigns_merged') }} as campaigns
    on met.subject = 'campaign' and met.subject_id = campaigns.campaign_id
left join {{ ref('int_campaigns_channelled') }} as campaign_channels
    on met.subject = 'campaign' and met.subject_id = campaign_channels.campaign_id
