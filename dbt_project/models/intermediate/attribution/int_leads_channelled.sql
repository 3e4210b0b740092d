with leads_as_matched as (
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
    left join {{ ref('int_campaigns_merged') }} as campaigns
        on leads.campaign_id = campaigns.campaign_id
),

matched as (
    {{ match_channel_rules('leads_as_matched') | indent(4) }}
)

select
    matched.row_key as lead_id,
    matched.channel,
    matched.rule_id
from matched
