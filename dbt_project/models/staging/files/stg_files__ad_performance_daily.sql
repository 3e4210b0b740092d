select
    cast(performance_id as string) as performance_id,
    cast(platform as string) as platform,
    cast(account_id as string) as account_id,
    cast(campaign_id as string) as campaign_id,
    cast(ad_group_id as string) as ad_group_id,
    cast(ad_id as string) as ad_id,
    cast(date_on as date) as date_on,
    cast(impressions as bigint) as impressions,
    cast(clicks as bigint) as clicks,
    cast(cost_net_minor as bigint) as cost_net_minor,
    cast(cost_gross_minor as bigint) as cost_gross_minor,
    cast(currency as string) as currency,
    cast(claimed_conversions as decimal(38, 9)) as claimed_conversions,
    cast(reach as bigint) as reach,
    cast(channel_label as string) as channel_label,
    cast(source_system as string) as source_system,
    cast(source_record_key as string) as source_record_key
from {{ source('raw_files', 'ad_performance_daily') }}
