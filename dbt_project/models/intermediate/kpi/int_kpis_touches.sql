-- Median of the creditable touches before the first SQL, over the leads that reached SQL in the month; both teams, and
-- each of them apart. Touches are those of the attribution journeys: creditable, collapsed (D50), inside the longest
-- lookback in use. A lead without any touch counts with 0. A median of whole numbers is a whole number of halves.
with longest as (
    select min(windows.window_key) as window_key
    from {{ ref('int_attribution_models_enabled') }} as windows
    inner join (
        select max(models.lookback_days) as lookback_days
        from {{ ref('int_attribution_models_enabled') }} as models
    ) as maximum
        on windows.lookback_days = maximum.lookback_days
),

reached_sql as (
    select
        conversions.conversion_key,
        {{ local_date('conversions.converted_at') }} as converted_on
    from {{ ref('int_conversions_gathered') }} as conversions
    inner join {{ ref('int_leads_reached') }} as reached
        on conversions.lead_id = reached.lead_id
        and reached.stage = 'sql'
        and not reached.is_implied
    where conversions.kind = 'sql' and conversions.is_attributed
        and conversions.converted_at <= {{ build_fact('evaluated_at') }}
),

counted as (
    select
        journeys.conversion_key,
        count(*) as touches,
        count(case when touches.team in ('marketing', 'both') then 1 end) as marketing_touches,
        count(case when touches.team in ('sales', 'both') then 1 end) as sales_touches
    from {{ ref('int_journeys') }} as journeys
    inner join longest
        on journeys.window_key = longest.window_key
    inner join reached_sql
        on journeys.conversion_key = reached_sql.conversion_key
    inner join {{ ref('int_touches_channelled') }} as touches
        on journeys.touch_id = touches.touch_id
    group by journeys.conversion_key
),

medians as (
    select
        days.month_starts_on,
        count(*) as leads,
        cast(round(median(coalesce(counted.touches, 0)) * 2, 0) as bigint) as halves,
        cast(round(median(coalesce(counted.marketing_touches, 0)) * 2, 0) as bigint) as marketing_halves,
        cast(round(median(coalesce(counted.sales_touches, 0)) * 2, 0) as bigint) as sales_halves
    from reached_sql
    inner join {{ ref('int_days') }} as days
        on reached_sql.converted_on = days.date_on
    left join counted
        on reached_sql.conversion_key = counted.conversion_key
    group by days.month_starts_on
),

all_figures as (
    select
        'touches_before_sql' as kpi,
        variants.variant,
        months.month_starts_on,
        'creditable touches of the longest lookback' as basis,
        case variants.variant
            when 'default' then medians.halves
            when 'marketing' then medians.marketing_halves
            else medians.sales_halves
        end as numerator,
        cast(2 as bigint) as denominator,
        medians.leads as n,
        case when medians.leads is null then 'no_denominator' end as missing_reason
    from {{ ref('int_kpi_months') }} as months
    cross join (select 'default' as variant union all select 'marketing' union all select 'sales') as variants
    left join medians
        on months.month_starts_on = medians.month_starts_on
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
