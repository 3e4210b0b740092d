-- Reach as the cabinet tells it for a campaign and day. Where a day of a campaign comes in several rows (ad groups, ads)
-- their reach is of the same people, and no sum of it is a number of anything.
select
    ads.platform,
    ads.account_id,
    coalesce(ads.campaign_id, '(none)') as campaign_id,
    ads.date_on,
    cast(count(*) as bigint) as ad_rows,
    cast(sum(ads.impressions) as bigint) as impressions,
    cast(case when count(*) = 1 then max(ads.reach) end as bigint) as reach,
    cast(case when count(ads.reach) = 0 then 'no_reach' when count(*) > 1 then 'not_additive' end as string) as missing_reason,
    {{ build_fact('build_id') }} as build_id
from {{ ref('ad_performance_daily') }} as ads
group by ads.platform, ads.account_id, coalesce(ads.campaign_id, '(none)'), ads.date_on
