-- The shared goal of a year laid over its months (R72). Revenue compounds: month m weighs (1 + growth)^m, and the path to a
-- month is the goal × the weights up to it ÷ all weights, by cumulative floors, so that the months sum to the goal exactly.
-- A conversion is the same promise in every month. Goals of money are whole units of their currency, at the rate of the
-- evaluation date where it is not the reporting currency.
with goals as (
    select
        goals.year,
        goals.kpi,
        goals.goal,
        goals.currency,
        goals.monthly_growth,
        goals.definition_version,
        {{ evaluation_date() }} as evaluated_on
    from {{ ref('stg_definitions__yearly_goals') }} as goals
    where {{ holds_on('goals', evaluation_date()) }}
),

valued as (
    select
        goals.*,
        case
            when goals.kpi <> 'revenue' then null
            when goals.currency = reporting.currency then {{ to_minor('goals.goal', 'reporting.minor_per_unit') }}
            else {{ convert_minor(to_minor('goals.goal', 'rates.minor_per_unit'), 'rates.rate', 'rates.minor_per_unit', 'rates.reporting_minor_per_unit') }}
        end as goal_minor
    from goals
    left join {{ ref('stg_definitions__currencies') }} as reporting
        on reporting.currency = {{ build_fact('reporting_currency') }}
    left join {{ ref('int_rates_scaled') }} as rates
        on goals.currency = rates.currency
        and goals.evaluated_on = rates.date_on
),

months as (
    select
        days.period,
        substr(days.period, 1, 4) as year,
        cast(substr(days.period, 6, 2) as bigint) as month_of_year,
        days.month_starts_on,
        days.next_month_starts_on
    from {{ ref('int_days') }} as days
    group by days.period, days.month_starts_on, days.next_month_starts_on
),

weighed as (
    select
        valued.*,
        months.period,
        months.month_of_year,
        months.month_starts_on,
        months.next_month_starts_on,
        {{ compounded_millionths('coalesce(valued.monthly_growth, 0)', 'months.month_of_year') }} as weight
    from valued
    inner join months
        on valued.year = months.year
),

summed as (
    select
        weighed.*,
        sum(weighed.weight) over (partition by weighed.year, weighed.kpi order by weighed.month_of_year rows between unbounded preceding and current row)
            as weight_to_date,
        sum(weighed.weight) over (partition by weighed.year, weighed.kpi) as weight_of_year
    from weighed
)

select
    summed.year,
    summed.kpi,
    summed.period,
    summed.month_of_year,
    summed.month_starts_on,
    summed.next_month_starts_on,
    summed.goal,
    cast(summed.goal_minor as bigint) as goal_minor,
    summed.currency,
    summed.monthly_growth,
    summed.definition_version,
    {{ ratio('summed.weight', '1000000') }} as growth_factor,
    {{ ratio('summed.weight_of_year', '12000000') }} as year_factor,
    case
        when summed.kpi = 'revenue'
            then cast({{ floor_divide(wide_product('summed.goal_minor', 'summed.weight_to_date'), 'summed.weight_of_year') }} as decimal(38, 9))
        else summed.goal
    end as path_to_date
from summed
