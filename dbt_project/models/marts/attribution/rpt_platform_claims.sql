-- What a platform claims beside what its own rule would give it in our journeys and what each model credits it. Two platforms claim
-- the same conversion, so their claims are never summed: there is no row for all of them.
with rules as (
    select
        cast(row_number() over (order by windows.platform, windows.conversion_kind) as bigint) as window_key,
        windows.platform,
        windows.conversion_kind,
        windows.claim_window_days as lookback_days,
        windows.dated_by
    from {{ ref('stg_definitions__platform_windows') }} as windows
    where {{ holds_on('windows', evaluation_date()) }}
),

touches_found as (
    {{ touches_in_windows('rules', ['platform', 'conversion_kind', 'dated_by'], of_kind='conversion_kind') | indent(4) }}
),

touches_of_platform as (
    select
        touches_found.conversion_key,
        touches_found.platform,
        touches_found.conversion_kind,
        touches_found.dated_by,
        touches_found.occurred_at,
        row_number() over (
            partition by touches_found.conversion_key, touches_found.window_key
            order by touches_found.occurred_at desc, touches_found.source_sequence desc, touches_found.touch_id desc
        ) as position_from_the_end
    from touches_found
    inner join {{ ref('int_touches_channelled') }} as touches
        on touches_found.touch_id = touches.touch_id
    inner join {{ ref('int_campaigns_merged') }} as campaigns
        on touches.campaign_id = campaigns.campaign_id and touches_found.platform = campaigns.platform
),

-- a local date is computed before it is joined: inside the condition it makes a nested loop of DuckDB's join (67 s of the demo)
conversions_dated as (
    select
        conversions.conversion_key,
        conversions.kind as conversion_kind,
        {{ local_date('conversions.converted_at') }} as converted_on
    from {{ ref('int_conversions_gathered') }} as conversions
    where conversions.is_attributed
),

last_touches as (
    select
        touches_of_platform.platform,
        touches_of_platform.conversion_kind,
        case touches_of_platform.dated_by
            when 'touch' then {{ local_date('touches_of_platform.occurred_at') }}
            else conversions_dated.converted_on
        end as counted_on
    from touches_of_platform
    inner join conversions_dated
        on touches_of_platform.conversion_key = conversions_dated.conversion_key
    where touches_of_platform.position_from_the_end = 1
),

shadow as (
    select
        last_touches.platform,
        last_touches.conversion_kind,
        days.month_starts_on,
        count(*) as conversions
    from last_touches
    inner join {{ ref('int_days') }} as days
        on last_touches.counted_on = days.date_on
    group by last_touches.platform, last_touches.conversion_kind, days.month_starts_on
),

claimed as (
    select
        rules.platform,
        rules.conversion_kind,
        days.month_starts_on,
        sum(ads.claimed_conversions) as conversions
    from {{ ref('ad_performance_daily') }} as ads
    inner join rules
        on ads.platform = rules.platform
    inner join {{ ref('int_days') }} as days
        on ads.date_on = days.date_on
    where ads.claimed_conversions is not null
    group by rules.platform, rules.conversion_kind, days.month_starts_on
),

credits_of_platform as (
    select
        rules.platform,
        rules.conversion_kind,
        ledger.attribution_model,
        case rules.dated_by when 'touch' then {{ local_date('ledger.touched_at') }} else ledger.credited_on end as counted_on,
        ledger.weight * ledger.conversion_count as conversions
    from {{ ref('fct_attribution_credits') }} as ledger
    inner join {{ ref('int_campaigns_merged') }} as campaigns
        on ledger.campaign_id = campaigns.campaign_id
    inner join rules
        on campaigns.platform = rules.platform and ledger.conversion_kind = rules.conversion_kind
    where ledger.level_asked = 'default'
),

credited as (
    select
        credits_of_platform.platform,
        credits_of_platform.conversion_kind,
        credits_of_platform.attribution_model,
        days.month_starts_on,
        sum(credits_of_platform.conversions) as conversions
    from credits_of_platform
    inner join {{ ref('int_days') }} as days
        on credits_of_platform.counted_on = days.date_on
    group by
        credits_of_platform.platform, credits_of_platform.conversion_kind, credits_of_platform.attribution_model, days.month_starts_on
),

company as (
    select
        conversions_dated.conversion_kind,
        days.month_starts_on,
        count(*) as conversions
    from conversions_dated
    inner join {{ ref('int_days') }} as days
        on conversions_dated.converted_on = days.date_on
    group by conversions_dated.conversion_kind, days.month_starts_on
),

months as (
    select shadow.platform, shadow.conversion_kind, shadow.month_starts_on from shadow
    union
    select claimed.platform, claimed.conversion_kind, claimed.month_starts_on from claimed
    union
    select credited.platform, credited.conversion_kind, credited.month_starts_on from credited
),

beside as (
    select
        months.platform,
        months.conversion_kind,
        months.month_starts_on,
        models.attribution_model,
        rules.lookback_days,
        rules.dated_by,
        cast(claimed.conversions as decimal(38, 9)) as claimed_conversions,
        cast(coalesce(shadow.conversions, 0) as bigint) as shadow_conversions,
        cast(coalesce(credited.conversions, 0) as decimal(38, 12)) as credited_conversions,
        cast(coalesce(company.conversions, 0) as bigint) as company_conversions
    from months
    inner join rules
        on months.platform = rules.platform and months.conversion_kind = rules.conversion_kind
    cross join {{ ref('int_attribution_models_enabled') }} as models
    left join claimed
        on months.platform = claimed.platform
        and months.conversion_kind = claimed.conversion_kind
        and months.month_starts_on = claimed.month_starts_on
    left join shadow
        on months.platform = shadow.platform
        and months.conversion_kind = shadow.conversion_kind
        and months.month_starts_on = shadow.month_starts_on
    left join credited
        on months.platform = credited.platform
        and months.conversion_kind = credited.conversion_kind
        and months.month_starts_on = credited.month_starts_on
        and models.attribution_model = credited.attribution_model
    left join company
        on months.conversion_kind = company.conversion_kind and months.month_starts_on = company.month_starts_on
)

select
    beside.platform,
    beside.conversion_kind,
    beside.month_starts_on as month,
    beside.attribution_model,
    beside.lookback_days as window_days,
    beside.dated_by,
    beside.claimed_conversions,
    beside.shadow_conversions,
    beside.credited_conversions,
    beside.company_conversions,
    {{ ratio('cast(beside.claimed_conversions as decimal(28, 9)) * 1000000000', 'beside.shadow_conversions * 1000000000') }} as claimed_to_shadow,
    {{ build_fact('build_id') }} as build_id
from beside
