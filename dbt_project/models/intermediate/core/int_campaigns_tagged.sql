-- Which campaign a tag utm_campaign names: the one whose own tag it is, or whose id. A tag of several campaigns names none.
with tags as (
    select
        {{ lower_text('trim(campaigns.utm_campaign)') }} as tag,
        campaigns.campaign_id
    from {{ ref('int_campaigns_merged') }} as campaigns
    where trim(campaigns.utm_campaign) <> ''
    union all
    select
        {{ lower_text('campaigns.campaign_id') }} as tag,
        campaigns.campaign_id
    from {{ ref('int_campaigns_merged') }} as campaigns
)

select
    tags.tag,
    min(tags.campaign_id) as campaign_id
from tags
group by tags.tag
having min(tags.campaign_id) = max(tags.campaign_id)
