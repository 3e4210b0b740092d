-- What each team claims for itself beside what they share (D61). Marketing cites the first creditable touch, sales the last, and
-- so the two claims sum to anything from nothing to twice the revenue; the shared credit, equal over the touches of a journey, is
-- exactly the revenue. A touch of both teams counts for both claims and is shared half and half.
-- Written out, not read from `int_journey_teams`: joined with what is grouped from itself DuckDB 2.0 fails on some data ("dict-surviving
-- join: build pipeline is not single-source", seen on the Olist export).
with ways as (
    {{ ways_to_count() }}
),

amounts as (
    select
        conversions.kind as conversion_kind,
        days.month_starts_on,
        ways.counting,
        ways.touches_of,
        revenue_rows.conversion_count,
        revenue_rows.amount_reporting_minor as amount_minor,
        coalesce(teams.first_team in ('marketing', 'both'), false) as is_claimed_by_marketing,
        coalesce(teams.last_team in ('sales', 'both'), false) as is_claimed_by_sales,
        coalesce(teams.touches, 0) as touches,
        2 * coalesce(teams.marketing_touches, 0) + coalesce(teams.touches_of_both, 0) as marketing_parts
    from {{ ref('int_revenue_rows') }} as revenue_rows
    inner join {{ ref('int_conversions_gathered') }} as conversions
        on revenue_rows.conversion_key = conversions.conversion_key
    inner join {{ ref('int_days') }} as days
        on revenue_rows.credited_on = days.date_on
    cross join ways
    left join {{ ref('int_journey_teams') }} as teams
        on revenue_rows.conversion_key = teams.conversion_key
        and ways.counting = teams.counting
        and ways.touches_of = teams.touches_of
    where conversions.is_attributed
),

shared as (
    select
        amounts.*,
        case
            when amounts.touches > 0
                then {{ sign_of('amounts.amount_minor') }} * cast({{ floor_divide(wide_product('abs(amounts.amount_minor)', 'amounts.marketing_parts'), '2 * amounts.touches') }} as bigint)
        end as marketing_shared_minor
    from amounts
),

summed as (
    select
        shared.conversion_kind,
        shared.month_starts_on,
        shared.counting,
        shared.touches_of,
        sum(shared.conversion_count) as conversions,
        sum(case when shared.is_claimed_by_marketing then shared.conversion_count else 0 end) as marketing_claimed_conversions,
        sum(case when shared.is_claimed_by_sales then shared.conversion_count else 0 end) as sales_claimed_conversions,
        sum(coalesce(shared.amount_minor, 0)) as revenue_minor,
        sum(case when shared.is_claimed_by_marketing then coalesce(shared.amount_minor, 0) else 0 end) as marketing_claim_minor,
        sum(case when shared.is_claimed_by_sales then coalesce(shared.amount_minor, 0) else 0 end) as sales_claim_minor,
        sum(coalesce(shared.marketing_shared_minor, 0)) as marketing_shared_minor,
        sum(case when shared.touches > 0 then coalesce(shared.amount_minor - shared.marketing_shared_minor, 0) else 0 end)
            as sales_shared_minor,
        sum(case when shared.touches > 0 then 0 else coalesce(shared.amount_minor, 0) end) as unattributed_minor,
        sum(case when shared.amount_minor is null then 1 else 0 end) as amounts_without_rate
    from shared
    group by shared.conversion_kind, shared.month_starts_on, shared.counting, shared.touches_of
)

select
    summed.conversion_kind,
    summed.month_starts_on as month,
    summed.touches_of,
    summed.counting,
    cast(summed.conversions as bigint) as conversions,
    cast(summed.marketing_claimed_conversions as bigint) as marketing_claimed_conversions,
    cast(summed.sales_claimed_conversions as bigint) as sales_claimed_conversions,
    cast(summed.revenue_minor as bigint) as revenue_minor,
    cast(summed.marketing_claim_minor as bigint) as marketing_claim_minor,
    cast(summed.sales_claim_minor as bigint) as sales_claim_minor,
    cast(summed.marketing_claim_minor + summed.sales_claim_minor as bigint) as claims_minor,
    {{ ratio('summed.marketing_claim_minor + summed.sales_claim_minor', 'summed.revenue_minor') }} as claims_share,
    cast(summed.marketing_shared_minor as bigint) as marketing_shared_minor,
    cast(summed.sales_shared_minor as bigint) as sales_shared_minor,
    cast(summed.unattributed_minor as bigint) as unattributed_minor,
    cast(summed.amounts_without_rate as bigint) as amounts_without_rate,
    {{ build_fact('reporting_currency') }} as currency,
    {{ build_fact('build_id') }} as build_id
from summed
