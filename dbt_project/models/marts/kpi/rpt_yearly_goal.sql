with actuals as (
    select
        monthly.kpi,
        monthly.period,
        monthly.numerator,
        monthly.denominator,
        monthly.is_mature,
        monthly.period_end_on <= {{ evaluation_date() }} as is_over,
        monthly.missing_reason
    from {{ ref('rpt_kpi_values') }} as monthly
    where monthly.kpi in ('revenue', 'lead_to_won') and monthly.variant = 'default' and monthly.segment = '(all)'
),

months as (
    select
        pathed.*,
        pathed.next_month_starts_on <= {{ evaluation_date() }} as is_over,
        cast(actuals.numerator as decimal(38, 0)) as numerator,
        cast(actuals.denominator as decimal(38, 0)) as denominator,
        coalesce(actuals.is_mature, false) as is_mature,
        actuals.missing_reason
    from {{ ref('int_yearly_goals_pathed') }} as pathed
    left join actuals
        on pathed.kpi = actuals.kpi
        and pathed.period = actuals.period
),

running as (
    select
        months.*,
        sum(months.numerator) over (partition by months.year, months.kpi order by months.month_of_year rows between unbounded preceding and current row)
            as numerator_to_date,
        sum(months.denominator) over (partition by months.year, months.kpi order by months.month_of_year rows between unbounded preceding and current row)
            as denominator_to_date
    from months
),

-- The last three months that are over, of whatever year: in January the forecast rests on the months before it.
recent as (
    select
        actuals.kpi,
        actuals.numerator,
        row_number() over (partition by actuals.kpi order by actuals.period desc) as months_ago
    from actuals
    where actuals.is_over and actuals.missing_reason is null and actuals.kpi = 'revenue'
),

recent_months as (
    select
        recent.kpi,
        count(*) as months,
        cast(sum(recent.numerator) as decimal(38, 0)) as revenue_minor
    from recent
    where recent.months_ago <= 3
    group by recent.kpi
),

years as (
    select
        months.year,
        months.kpi,
        sum(case when months.is_over then months.numerator else 0 end) as revenue_over,
        count(case when not months.is_over then 1 end) as months_to_come,
        count(case when months.is_over and months.missing_reason is not null then 1 end) as months_unknown,
        sum(case when months.is_mature then months.numerator end) as won_of_mature,
        sum(case when months.is_mature then months.denominator end) as leads_of_mature
    from months
    group by months.year, months.kpi
),

forecasts as (
    select
        years.year,
        years.kpi,
        case
            when years.kpi = 'lead_to_won' then {{ ratio('cast(years.won_of_mature as decimal(38, 0))', 'cast(years.leads_of_mature as decimal(38, 0))') }}
            when years.months_unknown = 0 and recent_months.months = 3
                -- a sum of two decimal(38, 9) loses a digit in Spark
                then cast(
                    cast(years.revenue_over as decimal(28, 9))
                    + cast({{ ratio('recent_months.revenue_minor * years.months_to_come', 'recent_months.months') }} as decimal(28, 9))
                    as decimal(38, 9)
                )
        end as forecast,
        case
            when years.kpi = 'lead_to_won' then 'rate of the cohorts of the year that are mature'
            else 'revenue of the months that are over, and the mean of the last three such months for each month to come'
        end as forecast_method
    from years
    left join recent_months
        on years.kpi = recent_months.kpi
)

select
    running.year,
    running.kpi,
    running.period,
    running.month_starts_on as month,
    cast(case running.kpi when 'revenue' then 'money' else 'ratio' end as string) as unit,
    cast(coalesce(cast(running.goal_minor as decimal(38, 9)), case running.kpi when 'lead_to_won' then running.goal end) as decimal(38, 9)) as goal,
    running.monthly_growth,
    running.growth_factor,
    running.year_factor,
    cast(running.path_to_date as decimal(38, 9)) as path_to_date,
    case
        when running.month_starts_on > {{ evaluation_date() }} or running.missing_reason is not null then null
        when running.kpi = 'revenue' then cast(running.numerator as decimal(38, 9))
        else {{ ratio('running.numerator', 'running.denominator') }}
    end as actual,
    case
        when running.month_starts_on > {{ evaluation_date() }} then null
        when running.kpi = 'revenue' then cast(running.numerator_to_date as decimal(38, 9))
        else {{ ratio('cast(running.numerator_to_date as decimal(38, 0))', 'cast(running.denominator_to_date as decimal(38, 0))') }}
    end as actual_to_date,
    running.is_over,
    case when running.kpi = 'lead_to_won' then running.is_mature else running.is_over end as is_mature,
    forecasts.forecast,
    cast(forecasts.forecast_method as string) as forecast_method,
    cast(case when forecasts.forecast is null then 'no_baseline' end as string) as forecast_missing_reason,
    cast(
        case
            when running.kpi = 'revenue' and running.goal_minor is null then 'no_rate'
            else running.missing_reason
        end as string
    ) as missing_reason,
    cast(case running.kpi when 'revenue' then {{ build_fact('reporting_currency') }} end as string) as currency,
    running.definition_version,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from running
inner join forecasts
    on running.year = forecasts.year
    and running.kpi = forecasts.kpi
