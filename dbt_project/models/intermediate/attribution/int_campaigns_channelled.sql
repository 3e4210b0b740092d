with campaigns_as_matched as (
    select
        campaigns.campaign_id as row_key,
        campaigns.source_system,
        cast(null as string) as kind,
        campaigns.platform,
        campaigns.channel_label,
        campaigns.utm_source,
        campaigns.utm_medium,
        campaigns.utm_campaign,
        campaigns.referrer_domain,
        campaigns.click_id_kind
    from {{ ref('int_campaigns_merged') }} as campaigns
),

matched as (
    {{ match_channel_rules('campaigns_as_matched') | indent(4) }}
)

select
    matched.row_key as campaign_id,
    matched.channel,
    matched.rule_id
from matched
