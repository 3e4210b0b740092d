-- How much of what was converted rests on how many touches, on whose, and on what the customer said (D62).
with touched as (
    select
        conversions.conversion_key,
        conversions.kind as conversion_kind,
        case
            when coalesce(teams.touches, 0) >= 3 then '3+'
            else cast(coalesce(teams.touches, 0) as string)
        end as touches,
        case
            when coalesce(teams.touches, 0) = 0 then 'none'
            when teams.sales_touches + teams.touches_of_both = 0 then 'marketing_only'
            when teams.marketing_touches + teams.touches_of_both = 0 then 'sales_only'
            else 'mixed'
        end as teams,
        case when leads.self_reported_source is null then 'absent' else 'present' end as self_reported
    from {{ ref('int_conversions_gathered') }} as conversions
    left join {{ ref('int_journey_teams') }} as teams
        on conversions.conversion_key = teams.conversion_key and teams.counting = 'once' and teams.touches_of = 'both_teams'
    left join {{ ref('leads') }} as leads
        on conversions.lead_id = leads.lead_id
    where conversions.is_attributed
),

by_dimension as (
    select touched.conversion_key, touched.conversion_kind, 'touches' as dimension, touched.touches as value
    from touched
    union all
    select touched.conversion_key, touched.conversion_kind, 'teams' as dimension, touched.teams as value
    from touched
    union all
    select touched.conversion_key, touched.conversion_kind, 'self_reported' as dimension, touched.self_reported as value
    from touched
),

summed as (
    select
        by_dimension.conversion_kind,
        days.month_starts_on,
        by_dimension.dimension,
        by_dimension.value,
        sum(revenue_rows.conversion_count) as conversions,
        sum(coalesce(revenue_rows.amount_reporting_minor, 0)) as revenue_minor
    from by_dimension
    inner join {{ ref('int_revenue_rows') }} as revenue_rows
        on by_dimension.conversion_key = revenue_rows.conversion_key
    inner join {{ ref('int_days') }} as days
        on revenue_rows.credited_on = days.date_on
    group by by_dimension.conversion_kind, days.month_starts_on, by_dimension.dimension, by_dimension.value
),

with_whole as (
    select
        summed.*,
        sum(summed.conversions) over (partition by summed.conversion_kind, summed.month_starts_on, summed.dimension) as all_conversions,
        sum(summed.revenue_minor) over (partition by summed.conversion_kind, summed.month_starts_on, summed.dimension)
            as all_revenue_minor
    from summed
)

select
    with_whole.conversion_kind,
    with_whole.month_starts_on as month,
    cast(with_whole.dimension as string) as dimension,
    cast(with_whole.value as string) as value,
    cast(with_whole.conversions as bigint) as conversions,
    cast(with_whole.all_conversions as bigint) as all_conversions,
    cast(with_whole.revenue_minor as bigint) as revenue_minor,
    cast(with_whole.all_revenue_minor as bigint) as all_revenue_minor,
    {{ ratio('with_whole.revenue_minor', 'with_whole.all_revenue_minor') }} as revenue_share,
    {{ build_fact('reporting_currency') }} as currency,
    {{ build_fact('build_id') }} as build_id
from with_whole
