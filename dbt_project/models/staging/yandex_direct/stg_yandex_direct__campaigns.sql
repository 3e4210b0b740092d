-- Tags of an ad: of its address, else of its group, else of its campaign. A tag of the campaign is what all its ads agree about.
{%- set tags = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term'] %}
with campaigns as (
    {{ newest_versions('yandex_direct', 'campaigns') | indent(4) }}
),

ad_groups as (
    {{ newest_versions('yandex_direct', 'ad_groups') | indent(4) }}
),

ads as (
    {{ newest_list_of_each('yandex_direct', 'ads', 'campaignid') | indent(4) }}
),

advertised as (
    select
        campaigns.account,
        campaigns.id as campaign_id,
        campaigns.name as campaign_name,
        ads.id as ad_id,
        ads.adgroupid as ad_group_id,
        nullif(ads.href, '') as ad_address,
        '?' || ad_groups.trackingparams as ad_group_query,
        '?' || campaigns.trackingparams as campaign_query
    from campaigns
    left join ads
        on campaigns.account = ads.account and campaigns.id = ads.campaignid
    left join ad_groups
        on ads.account = ad_groups.account and ads.adgroupid = ad_groups.id
),

tagged as (
    select
        advertised.account,
        advertised.campaign_id,
        advertised.campaign_name,
        advertised.ad_id,
        advertised.ad_group_id,
        advertised.ad_address
        {%- for tag in tags %},
        coalesce(
            {{ query_value('advertised.ad_address', tag) }},
            {{ query_value('advertised.ad_group_query', tag) }},
            {{ query_value('advertised.campaign_query', tag) }}
        ) as {{ tag }}
        {%- endfor %}
    from advertised
),

resolved as (
    select
        tagged.account,
        tagged.campaign_id,
        tagged.ad_address
        {%- for tag in tags %},
        {{ direct_placeholders_resolved('tagged.' ~ tag, 'tagged') }} as {{ tag }}
        {%- endfor %}
    from tagged
),

agreed as (
    select
        resolved.account,
        resolved.campaign_id
        {%- for tag in tags %},
        case
            when count(case when resolved.{{ tag }} is null and resolved.ad_address is not null then 1 end) > 0 then null
            when min(resolved.{{ tag }}) = max(resolved.{{ tag }}) then min(resolved.{{ tag }})
        end as {{ tag }}
        {%- endfor %}
    from resolved
    group by resolved.account, resolved.campaign_id
)

select
    cast(campaigns.id as string) as campaign_id,
    cast(campaigns.name as string) as campaign_name,
    cast('yandex_direct' as string) as platform,
    cast(campaigns.account as string) as account_id,
    cast(nullif(campaigns.startdate, '') as date) as started_on,
    cast(nullif(campaigns.enddate, '') as date) as ended_on,
    cast(null as string) as objective,
    cast(null as string) as channel_label,
    cast(agreed.utm_source as string) as utm_source,
    cast(agreed.utm_medium as string) as utm_medium,
    cast(agreed.utm_campaign as string) as utm_campaign,
    cast(agreed.utm_content as string) as utm_content,
    cast(agreed.utm_term as string) as utm_term,
    cast(null as string) as referrer_domain,
    cast(null as string) as click_id_kind,
    cast('yandex_direct' as string) as source_system,
    cast({{ raw_record_key('yandex_direct', 'campaigns', 'campaigns') }} as string) as source_record_key
from campaigns
inner join agreed
    on campaigns.account = agreed.account and campaigns.id = agreed.campaign_id
