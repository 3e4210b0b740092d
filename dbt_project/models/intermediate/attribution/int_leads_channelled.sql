with leads_with_campaign as (
    select
        leads.lead_id,
        coalesce(leads.campaign_id, tagged.campaign_id) as campaign_id
    from {{ ref('leads') }} as leads
    left join {{ ref('int_campaigns_tagged') }} as tagged
        on {{ lower_text('trim(leads.utm_campaign)') }} = tagged.tag
),

leads_as_matched as (
    select
        leads.lead_id as row_key,
        leads.source_system,
        cast(null as string) as kind,
        campaigns.platform,
        leads.channel_label,
        leads.utm_source,
        leads.utm_medium,
        leads.utm_campaign,
        leads.referrer_domain,
        leads.click_id_kind
    from {{ ref('leads') }} as leads
    inner join leads_with_campaign
        on leads.lead_id = leads_with_campaign.lead_id
    left join {{ ref('int_campaigns_merged') }} as campaigns
        on leads_with_campaign.campaign_id = campaigns.campaign_id
),

matched as (
    {{ match_channel_rules('leads_as_matched') | indent(4) }}
)

select
    matched.row_key as lead_id,
    leads_with_campaign.campaign_id,
    matched.channel,
    matched.rule_id
from matched
inner join leads_with_campaign
    on matched.row_key = leads_with_campaign.lead_id
