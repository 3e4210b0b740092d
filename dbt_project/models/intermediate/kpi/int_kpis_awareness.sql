-- Brand-traffic share and reach. Reach is never summed: people seen by two ads or on two days are the same people, and
-- only the cabinet knows them. The company's figure exists where one row of one cabinet tells it for the whole month;
-- what each campaign reached on a day is `rpt_campaign_reach`.
with told as (
    select
        days.month_starts_on,
        count(*) as ad_rows,
        count(ads.reach) as rows_with_reach,
        max(ads.reach) as reach
    from {{ ref('ad_performance_daily') }} as ads
    inner join {{ ref('int_days') }} as days
        on ads.date_on = days.date_on
    where ads.date_on <= {{ evaluation_date() }}
    group by days.month_starts_on
),

all_figures as (
    select
        'brand_traffic_share' as kpi,
        'default' as variant,
        months.month_starts_on,
        'sessions' as basis,
        brand.brand_sessions + brand.direct_sessions as numerator,
        brand.sessions as denominator,
        brand.sessions as n,
        case when brand.sessions is null then 'no_visits' when brand.brand_words = 0 then 'no_brand_words' end as missing_reason
    from {{ ref('int_kpi_months') }} as months
    left join {{ ref('int_brand_sessions') }} as brand
        on months.month_starts_on = brand.month_starts_on
    union all
    select
        'reach' as kpi,
        'default' as variant,
        months.month_starts_on,
        'as the cabinet tells it' as basis,
        told.reach as numerator,
        cast(1 as bigint) as denominator,
        told.rows_with_reach as n,
        case
            when told.ad_rows is null then 'no_ad_performance'
            when told.rows_with_reach = 0 then 'no_reach'
            when told.ad_rows > 1 then 'not_additive'
        end as missing_reason
    from {{ ref('int_kpi_months') }} as months
    left join told
        on months.month_starts_on = told.month_starts_on
),

figures as (
    select
        all_figures.*,
        '(all)' as segment,
        cast(null as string) as cohort_basis,
        false as is_money,
        cast(null as boolean) as is_mature
    from all_figures
)

select
    {{ kpi_columns() }}
from figures
