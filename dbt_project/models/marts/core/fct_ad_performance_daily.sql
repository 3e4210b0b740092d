select
    ads.performance_id,
    ads.platform,
    ads.account_id,
    ads.campaign_id,
    ads.ad_group_id,
    ads.ad_id,
    ads.date_on,
    coalesce(campaigns.channel, 'unknown') as channel,
    ads.impressions,
    ads.clicks,
    ads.cost_net_minor,
    ads.cost_gross_minor,
    ads.currency,
    costs.amount_reporting_minor as cost_reporting_minor,
    ads.claimed_conversions,
    ads.reach,
    ads.source_system,
    ads.source_record_key,
    {{ build_fact('build_id') }} as build_id
from {{ ref('ad_performance_daily') }} as ads
left join {{ ref('int_campaigns_channelled') }} as campaigns
    on ads.campaign_id = campaigns.campaign_id
left join {{ ref('int_costs_daily') }} as costs
    on costs.cost_kind = 'ad'
    and ads.performance_id = costs.cost_id
