with revenue as (
    select
        revenue_rows.conversion_id,
        cast(sum(revenue_rows.amount_minor) as bigint) as revenue_minor,
        min(revenue_rows.currency) as lowest_currency,
        max(revenue_rows.currency) as highest_currency,
        cast(sum(revenue_rows.amount_reporting_minor) as bigint) as revenue_reporting_minor,
        sum(case when revenue_rows.amount_reporting_minor is null then 1 else 0 end) as rows_without_rate,
        sum(revenue_rows.conversion_count) as conversion_count
    from {{ ref('int_revenue_rows') }} as revenue_rows
    group by revenue_rows.conversion_id
)

select
    conversions.conversion_id,
    conversions.kind,
    conversions.journey_level,
    conversions.journey_owner_id,
    conversions.person_id,
    conversions.account_id,
    conversions.lead_id,
    conversions.deal_id,
    conversions.converted_at,
    -- payments in several currencies have no sum in any one of them
    case when revenue.lowest_currency = revenue.highest_currency then revenue.revenue_minor end as revenue_minor,
    case when revenue.lowest_currency = revenue.highest_currency then revenue.lowest_currency end as currency,
    case when revenue.rows_without_rate = 0 then revenue.revenue_reporting_minor end as revenue_reporting_minor,
    cast(revenue.conversion_count as bigint) as conversion_count,
    conversions.is_first_deal,
    conversions.is_attributed,
    conversions.source_system,
    conversions.source_record_key,
    conversions.definition_version,
    {{ build_fact('build_id') }} as build_id
from {{ ref('int_conversions_gathered') }} as conversions
left join revenue
    on conversions.conversion_id = revenue.conversion_id
