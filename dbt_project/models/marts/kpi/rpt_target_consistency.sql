-- Cost per lead of the last twelve months that are over: what the chain's leads would cost.
with last_months as (
    select
        months.month_starts_on,
        row_number() over (order by months.month_starts_on desc) as months_ago
    from {{ ref('int_kpi_months') }} as months
    where months.ends_at <= {{ build_fact('evaluated_at') }}
),

leads_bought as (
    select
        cast(sum(unit_costs.numerator) as bigint) as cost_minor,
        cast(sum(unit_costs.denominator) as bigint) as leads
    from {{ ref('int_kpis_unit_costs') }} as unit_costs
    inner join last_months
        on unit_costs.month_starts_on = last_months.month_starts_on
        and last_months.months_ago <= 12
    where unit_costs.kpi = 'cpl' and unit_costs.segment = '(all)' and unit_costs.missing_reason is null
),

chains as (
    select
        chains.*,
        cast(floor({{ ratio('chains.whole_parts', 'chains.product_parts') }} * 1000000 + cast('0.5' as decimal(2, 1))) as bigint) as leads_millionths
    from {{ ref('int_target_chains') }} as chains
),

checks as (
    select
        'step_chain' as consistency_check,
        chains.subject,
        chains.part,
        chains.stated_low,
        chains.stated_high,
        chains.implied,
        chains.needed_low,
        chains.needed_high,
        chains.leads_per_customer,
        case
            when chains.leads_per_customer is not null and leads_bought.leads > 0
                then cast(floor(
                    {{ ratio(wide_product('leads_bought.cost_minor', 'chains.leads_millionths'), wide_product('leads_bought.leads', '1000000')) }}
                    + cast('0.5' as decimal(2, 1))
                ) as bigint)
        end as cost_per_customer_minor,
        cast(null as bigint) as observed_numerator,
        cast(null as bigint) as observed_denominator,
        cast(null as bigint) as horizon_days,
        cast(null as bigint) as window_days,
        cast(null as string) as stricter,
        chains.verdict,
        chains.missing_reason
    from chains
    cross join leads_bought
    union all
    select
        conflicts.consistency_check,
        conflicts.subject,
        conflicts.part,
        conflicts.stated_low,
        conflicts.stated_high,
        conflicts.implied,
        conflicts.needed_low,
        conflicts.needed_high,
        cast(null as bigint) as leads_per_customer,
        cast(null as bigint) as cost_per_customer_minor,
        conflicts.observed_numerator,
        conflicts.observed_denominator,
        conflicts.horizon_days,
        conflicts.window_days,
        conflicts.stricter,
        case when conflicts.missing_reason is null then conflicts.verdict end as verdict,
        conflicts.missing_reason
    from {{ ref('int_target_conflicts') }} as conflicts
)

select
    cast(checks.consistency_check as string) as consistency_check,
    cast(checks.subject as string) as subject,
    cast(checks.part as string) as part,
    cast(checks.stated_low as decimal(38, 9)) as stated_low,
    cast(checks.stated_high as decimal(38, 9)) as stated_high,
    cast(checks.implied as decimal(38, 9)) as implied,
    cast(checks.needed_low as decimal(38, 9)) as needed_low,
    cast(checks.needed_high as decimal(38, 9)) as needed_high,
    checks.observed_numerator,
    checks.observed_denominator,
    {{ ratio('checks.observed_numerator', 'checks.observed_denominator') }} as observed_rate,
    checks.leads_per_customer,
    checks.cost_per_customer_minor,
    case when checks.cost_per_customer_minor is not null then {{ build_fact('reporting_currency') }} end as currency,
    checks.horizon_days,
    checks.window_days,
    checks.stricter,
    cast(checks.verdict as string) as verdict,
    cast(checks.missing_reason as string) as missing_reason,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from checks
