-- Counts and money add up: a quarter's figure is the sum of its months' numerators over the sum of their denominators.
-- What stands at the end of a period (velocity, retention, lifetime, 90-day changes) is that of its last month, with its interval.
-- Medians and distinct people do neither, and are missing with that reason rather than averaged.
with ruled as (
    select
        monthly.*,
        case
            when monthly.kpi in ('money_velocity', 'nrr', 'ltv_margin', 'ltv_simple', 'ltv_literal', 'ltv_to_cac') then 'end'
            when monthly.variant = 'change_90_days' then 'end'
            when monthly.kpi in ('cycle', 'days_in_stage', 'touches_before_sql', 'visit_to_lead', 'reach') then 'own_count'
            when monthly.variant in ('median', 'monthly_growth', 'pace') then 'own_count'
            else 'sum'
        end as rule
    from {{ ref('rpt_kpi_values') }} as monthly
),

in_periods as (
    select
        periods.period_kind,
        periods.period as longer_period,
        periods.period_starts_on,
        periods.period_ends_on,
        periods.ends_at,
        ruled.*,
        row_number() over (
            partition by periods.period_kind, periods.period, ruled.kpi, ruled.variant, ruled.segment
            order by ruled.period_start_on desc
        ) as months_ago
    from {{ ref('int_longer_periods') }} as periods
    inner join ruled
        on periods.month_starts_on = ruled.period_start_on
),

gathered as (
    select
        in_periods.period_kind,
        in_periods.longer_period,
        in_periods.period_starts_on,
        in_periods.period_ends_on,
        in_periods.ends_at,
        in_periods.kpi,
        in_periods.variant,
        in_periods.segment,
        in_periods.rule,
        cast(count(*) as bigint) as months,
        cast(sum(in_periods.numerator) as decimal(38, 0)) as numerator_sum,
        cast(sum(in_periods.denominator) as decimal(38, 0)) as denominator_sum,
        sum(in_periods.n) as n_sum,
        count(case when in_periods.interval_method = 'wilson' then 1 end) > 0 as is_proportion,
        min(case when in_periods.is_mature then 1 else 0 end) as all_mature,
        -- a month without anything to divide by adds nothing; any other gap leaves the whole unknown (D5)
        min(case when in_periods.missing_reason <> 'no_denominator' then in_periods.missing_reason end) as months_missing_reason
    from in_periods
    group by
        in_periods.period_kind, in_periods.longer_period, in_periods.period_starts_on, in_periods.period_ends_on, in_periods.ends_at,
        in_periods.kpi, in_periods.variant, in_periods.segment, in_periods.rule
),

-- A plan for the quarter or the year itself counts before the sum of the months' plans.
plans as (
    select
        plan.period,
        cast(max(plan.value) as decimal(38, 0)) as plan_minor
    from {{ ref('plan') }} as plan
    where plan.kpi = 'revenue' and plan.segment = '(all)'
        and coalesce(plan.currency, {{ build_fact('reporting_currency') }}) = {{ build_fact('reporting_currency') }}
    group by plan.period
),

revenue_sums as (
    select
        gathered.longer_period,
        gathered.numerator_sum,
        gathered.months_missing_reason
    from gathered
    where gathered.kpi = 'revenue' and gathered.variant = 'default' and gathered.segment = '(all)'
),

summed as (
    select
        gathered.period_kind,
        gathered.longer_period,
        gathered.period_starts_on,
        gathered.period_ends_on,
        gathered.ends_at,
        gathered.kpi,
        gathered.variant,
        gathered.segment,
        gathered.rule,
        gathered.months,
        gathered.n_sum,
        gathered.is_proportion,
        gathered.all_mature,
        case when plans.plan_minor is not null then revenue_sums.numerator_sum else gathered.numerator_sum end as numerator_sum,
        -- money without a count is per period: its denominator stays 1
        case
            when plans.plan_minor is not null then plans.plan_minor
            when gathered.kpi = 'revenue' then cast(1 as decimal(38, 0))
            else gathered.denominator_sum
        end as denominator_sum,
        case when plans.plan_minor is not null then revenue_sums.months_missing_reason else gathered.months_missing_reason end as months_missing_reason
    from gathered
    left join plans
        on gathered.kpi = 'plan_attainment'
        and gathered.variant = 'default'
        and gathered.longer_period = plans.period
    left join revenue_sums
        on gathered.kpi = 'plan_attainment'
        and gathered.longer_period = revenue_sums.longer_period
)

select
    last_months.kpi,
    last_months.variant,
    cast(summed.period_kind as string) as period_kind,
    cast(summed.longer_period as string) as period,
    summed.period_starts_on as period_start_on,
    summed.period_ends_on as period_end_on,
    summed.months,
    last_months.segment,
    last_months.cohort_basis,
    last_months.basis,
    cast(case summed.rule when 'end' then last_months.numerator when 'sum' then summed.numerator_sum end as decimal(38, 9)) as numerator,
    cast(case summed.rule when 'end' then last_months.denominator when 'sum' then summed.denominator_sum end as decimal(38, 9)) as denominator,
    case
        when summed.rule = 'end' then last_months.value
        when summed.rule = 'sum' and summed.months_missing_reason is null then {{ ratio('summed.numerator_sum', 'summed.denominator_sum') }}
    end as value,
    cast(case summed.rule when 'end' then last_months.n when 'sum' then summed.n_sum end as bigint) as n,
    case
        when summed.rule = 'end' then last_months.low
        when summed.rule = 'sum' and summed.is_proportion and summed.months_missing_reason is null
            then {{ wilson_bound('summed.numerator_sum', 'summed.denominator_sum', '-') }}
    end as low,
    case
        when summed.rule = 'end' then last_months.high
        when summed.rule = 'sum' and summed.is_proportion and summed.months_missing_reason is null
            then {{ wilson_bound('summed.numerator_sum', 'summed.denominator_sum', '+') }}
    end as high,
    last_months.unit,
    last_months.target,
    last_months.target_low,
    last_months.target_high,
    last_months.benchmark,
    last_months.benchmark_low,
    last_months.benchmark_high,
    last_months.direction,
    last_months.owner,
    last_months.currency,
    last_months.vat_basis,
    last_months.close_event,
    last_months.revenue_event,
    {{ build_fact('evaluated_at') }} >= summed.ends_at and (last_months.cohort_basis is null or summed.all_mature = 1) as is_mature,
    cast(
        case summed.rule
            when 'own_count' then 'needs_own_count'
            when 'end' then last_months.missing_reason
            else coalesce(
                summed.months_missing_reason,
                case
                    when coalesce(summed.denominator_sum, 0) = 0 then 'no_denominator'
                    when summed.numerator_sum is null then 'no_numerator'
                end
            )
        end as string
    ) as missing_reason,
    last_months.definition_version,
    last_months.evaluated_at,
    {{ build_fact('build_id') }} as build_id
from summed
inner join in_periods as last_months
    on summed.longer_period = last_months.longer_period
    and summed.kpi = last_months.kpi
    and summed.variant = last_months.variant
    and summed.segment = last_months.segment
    and last_months.months_ago = 1
