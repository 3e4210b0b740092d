-- First days of the 10-30-60 cycle (D70): the day of the launch, and for a standing campaign the first day of each month of
-- the period calendar once the leads of its launch have had their window. A campaign stands when it has no end, or runs for
-- `standing_campaign_days`. Where no source says when it began, it began with its first lead or cost.
with seen as (
    select
        leads.campaign_id,
        leads.created_on as seen_on
    from {{ ref('int_leads_followed') }} as leads
    where leads.campaign_id is not null
    union all
    select
        costs.campaign_id,
        costs.date_on as seen_on
    from {{ ref('int_costs_daily') }} as costs
    where costs.campaign_id is not null
),

campaigns as (
    select
        seen.campaign_id,
        coalesce(max(campaigns.started_on), min(seen.seen_on)) as launched_on,
        max(campaigns.ended_on) as ended_on
    from seen
    left join {{ ref('int_campaigns_merged') }} as campaigns
        on seen.campaign_id = campaigns.campaign_id
    group by seen.campaign_id
),

-- Before the first lead of the company there is nothing to follow.
known as (
    select min(leads.created_on) as first_on
    from {{ ref('int_leads_followed') }} as leads
),

widest as (
    select max(review_days.window_days) as window_days
    from {{ ref('stg_definitions__review_days') }} as review_days
    where {{ holds_on('review_days', evaluation_date()) }}
),

months as (
    select distinct days.month_starts_on
    from {{ ref('int_days') }} as days
    cross join known
    cross join {{ ref('int_feedback_rules') }} as rules
    where days.month_starts_on >= known.first_on and days.month_starts_on <= rules.evaluated_on
),

standing as (
    select
        campaigns.campaign_id,
        cast({{ plus_days('campaigns.launched_on', 'widest.window_days') }} as date) as first_month_from,
        coalesce(campaigns.ended_on, rules.evaluated_on) as last_on
    from campaigns
    cross join widest
    cross join {{ ref('int_feedback_rules') }} as rules
    where campaigns.ended_on is null
        or campaigns.ended_on >= cast({{ plus_days('campaigns.launched_on', 'rules.standing_campaign_days') }} as date)
)

select
    campaigns.campaign_id,
    campaigns.launched_on as begins_on,
    true as is_launch
from campaigns
cross join known
where campaigns.launched_on >= known.first_on
union all
select
    standing.campaign_id,
    months.month_starts_on as begins_on,
    false as is_launch
from standing
inner join months
    on months.month_starts_on >= standing.first_month_from
    and months.month_starts_on <= standing.last_on
