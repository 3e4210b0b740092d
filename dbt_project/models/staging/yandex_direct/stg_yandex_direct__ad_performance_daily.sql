-- Amounts are in the currency of the campaign, which may be gone by now; of a campaign that no list ever had in that of the
-- account, which has one for all its campaigns. `--` is the vendor's missing value.
with days as (
    {{ newest_days('yandex_direct', 'performance_daily', 'date') | indent(4) }}
),

campaigns as (
    {{ newest_versions('yandex_direct', 'campaigns') | indent(4) }}
),

accounts as (
    select
        campaigns.account,
        min(campaigns.currency) as currency
    from campaigns
    where campaigns.currency <> ''
    group by campaigns.account
    having min(campaigns.currency) = max(campaigns.currency)
),

-- of several attribution models the first, as the configuration orders them: the same conversions stand in each
goals as (
    select
        days.account,
        days._key,
        {{ direct_attribution_model('days.conversions') }} as attribution_model,
        {{ direct_attribution_model('pairs.element') }} as goal_attribution_model,
        {{ direct_conversions('pairs.element') }} as conversions
    from days
    {{ join_json_pairs('days.conversions', 'pairs') }}
),

claims as (
    select
        goals.account,
        goals._key,
        sum(goals.conversions) as claimed_conversions
    from goals
    where goals.goal_attribution_model is not distinct from goals.attribution_model
    group by goals.account, goals._key
)

select
    cast({{ text_key(["'yandex_direct'", 'days.account', 'days.campaignid', 'days.adgroupid', 'days.adid', 'days.date']) }} as string)
        as performance_id,
    cast('yandex_direct' as string) as platform,
    cast(days.account as string) as account_id,
    cast(days.campaignid as string) as campaign_id,
    cast(days.adgroupid as string) as ad_group_id,
    cast(days.adid as string) as ad_id,
    cast(days.date as date) as date_on,
    cast({{ direct_value('days.impressions') }} as bigint) as impressions,
    cast({{ direct_value('days.clicks') }} as bigint) as clicks,
    {{ to_minor(direct_value('days.costwithoutvat'), 'currencies.minor_per_unit') }} as cost_net_minor,
    {{ to_minor(direct_value('days.costwithvat'), 'currencies.minor_per_unit') }} as cost_gross_minor,
    cast(currencies.base_currency as string) as currency,
    cast(claims.claimed_conversions as decimal(38, 9)) as claimed_conversions,
    cast(null as bigint) as reach,
    cast(null as string) as channel_label,
    cast('yandex_direct' as string) as source_system,
    cast({{ raw_record_key('yandex_direct', 'performance_daily', 'days') }} as string) as source_record_key
from days
left join campaigns
    on days.account = campaigns.account and days.campaignid = campaigns.id
left join accounts
    on days.account = accounts.account
left join {{ ref('stg_definitions__currencies') }} as currencies
    on coalesce(nullif(campaigns.currency, ''), accounts.currency) = currencies.currency
left join claims
    on days.account = claims.account and days._key = claims._key
