-- Campaigns known to a source, and those that a lead, touch or cabinet's statistics names without any record of their
-- own.
with named as (
    select campaign_id from {{ ref('int_campaigns_merged') }}
    union
    select campaign_id from {{ ref('leads') }} where campaign_id is not null
    union
    select campaign_id from {{ ref('touches') }} where campaign_id is not null
    union
    select campaign_id from {{ ref('ad_performance_daily') }} where campaign_id is not null
)

select
    named.campaign_id,
    campaigns.campaign_name,
    campaigns.platform,
    campaigns.account_id,
    coalesce(channelled.channel, 'unknown') as channel,
    channelled.rule_id,
    campaigns.started_on,
    campaigns.ended_on,
    campaigns.objective,
    campaigns.campaign_id is not null as is_on_record,
    campaigns.source_system,
    campaigns.source_record_key,
    {{ build_fact('build_id') }} as build_id
from named
left join {{ ref('int_campaigns_merged') }} as campaigns
    on named.campaign_id = campaigns.campaign_id
left join {{ ref('int_campaigns_channelled') }} as channelled
    on named.campaign_id = channelled.campaign_id
