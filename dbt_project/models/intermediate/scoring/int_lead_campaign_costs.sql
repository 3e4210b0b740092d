-- What the lead's campaign had cost and brought by the end of the day before the moment: the day itself is not over, and cabinets tell a
-- day's cost the next morning. A day whose cost has no rate of exchange makes the whole cost unknown, not smaller.
with moments_of_campaigns as (
    select
        moments.lead_id,
        moments.moment,
        moments.scored_on,
        channelled.campaign_id
    from {{ ref('int_lead_moments_dated') }} as moments
    inner join {{ ref('int_leads_channelled') }} as channelled
        on moments.lead_id = channelled.lead_id
    where channelled.campaign_id is not null
),

campaign_days as (
    select distinct
        moments_of_campaigns.campaign_id,
        moments_of_campaigns.scored_on
    from moments_of_campaigns
),

spent as (
    select
        campaign_days.campaign_id,
        campaign_days.scored_on,
        cast(sum(costs.amount_reporting_minor) as bigint) as cost_minor,
        sum(case when costs.amount_reporting_minor is null then 1 else 0 end) as days_without_rate
    from campaign_days
    inner join {{ ref('int_costs_daily') }} as costs
        on campaign_days.campaign_id = costs.campaign_id
        and campaign_days.scored_on > costs.date_on
    group by campaign_days.campaign_id, campaign_days.scored_on
),

brought as (
    select
        campaign_days.campaign_id,
        campaign_days.scored_on,
        count(*) as leads
    from campaign_days
    inner join moments_of_campaigns as earlier
        on campaign_days.campaign_id = earlier.campaign_id
        and campaign_days.scored_on > earlier.scored_on
        and earlier.moment = 'creation'
    group by campaign_days.campaign_id, campaign_days.scored_on
)

select
    moments_of_campaigns.lead_id,
    moments_of_campaigns.moment,
    moments_of_campaigns.campaign_id,
    coalesce(brought.leads, 0) as campaign_leads,
    case when spent.days_without_rate = 0 then spent.cost_minor end as campaign_cost_minor,
    case
        when spent.days_without_rate = 0 then {{ ratio('spent.cost_minor', 'brought.leads') }}
    end as campaign_cost_per_lead
from moments_of_campaigns
left join spent
    on moments_of_campaigns.campaign_id = spent.campaign_id
    and moments_of_campaigns.scored_on = spent.scored_on
left join brought
    on moments_of_campaigns.campaign_id = brought.campaign_id
    and moments_of_campaigns.scored_on = brought.scored_on
