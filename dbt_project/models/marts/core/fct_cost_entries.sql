select
    costs.cost_id,
    costs.date_on,
    costs.team,
    costs.category,
    costs.channel as named_channel,
    coalesce(costs.channel, campaigns.channel, case when costs.campaign_id is not null then 'unknown' end) as channel,
    costs.campaign_id,
    costs.amount_minor,
    costs.amount_vat_minor,
    costs.currency,
    costs.amount_reporting_minor as cost_reporting_minor,
    costs.source_record_key,
    {{ build_fact('build_id') }} as build_id
from {{ ref('int_costs_daily') }} as costs
left join {{ ref('int_campaigns_channelled') }} as campaigns
    on costs.campaign_id = campaigns.campaign_id
where costs.cost_kind = 'entry'
