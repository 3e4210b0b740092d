with months as (
    select *
    from {{ ref('int_revenue_monthly') }}
),

-- First-year value of a contract; with an unknown term the contract's whole value.
closed_deals as (
    select
        deals.amount_reporting_minor,
        deals.term_months,
        {{ local_date('case ' ~ policy('close_event') ~ " when 'paid' then deals.paid_at else deals.won_at end") }} as closed_on
    from {{ ref('int_deals_valued') }} as deals
    where deals.amount_reporting_minor is not null
        and deals.won_at <= {{ build_fact('evaluated_at') }}
),

first_year_values as (
    select
        days.month_starts_on,
        {{ first_year_value('deals.amount_reporting_minor', 'deals.term_months') | indent(4) }} as value_minor,
        case when deals.term_months is null then 1 else 0 end as is_term_unknown
    from closed_deals as deals
    inner join {{ ref('int_days') }} as days
        on deals.closed_on = days.date_on
),

contract_values as (
    select
        first_year_values.month_starts_on,
        count(*) as deals,
        sum(first_year_values.value_minor) as value_minor,
        cast(round(median(first_year_values.value_minor), 0) as bigint) as median_minor,
        max(first_year_values.is_term_unknown) as has_unknown_term
    from first_year_values
    group by first_year_values.month_starts_on
),

plans as (
    select
        plan.period,
        max(plan.value) as plan_minor
    from {{ ref('plan') }} as plan
    where plan.kpi = 'revenue' and plan.segment = '(all)'
        and coalesce(plan.currency, {{ build_fact('reporting_currency') }}) = {{ build_fact('reporting_currency') }}
    group by plan.period
),

all_figures as (
    select
        'revenue' as kpi,
        variants.variant,
        months.month_starts_on,
        case variants.variant when 'default' then months.basis else variants.variant end as basis,
        case variants.variant
            when 'default' then months.revenue_minor
            when 'payments' then months.payments_minor
            else months.contracts_minor
        end as numerator,
        cast(1 as bigint) as denominator,
        case when variants.variant = 'payments' or (variants.variant = 'default' and months.basis = 'payments') then months.payments else months.deals end as n,
        case
            when variants.variant = 'payments' and not months.has_payments_source then 'no_payments'
            when case variants.variant when 'default' then months.revenue_minor when 'payments' then months.payments_minor else months.contracts_minor end is null
                then 'no_revenue_data'
        end as missing_reason,
        true as is_money
    from months
    cross join (select 'default' as variant union all select 'payments' union all select 'contracts') as variants
    union all
    select
        'revenue' as kpi,
        'monthly_growth' as variant,
        months.month_starts_on,
        months.basis,
        months.revenue_minor - previous.revenue_minor as numerator,
        previous.revenue_minor as denominator,
        months.deals as n,
        case when months.revenue_minor is null then 'no_revenue_data' end as missing_reason,
        false as is_money
    from months
    left join months as previous
        on months.month_number - 1 = previous.month_number
    union all
    select
        'acv' as kpi,
        variants.variant,
        months.month_starts_on,
        case contract_values.has_unknown_term when 1 then 'contract value where the term is unknown' else 'first year' end as basis,
        case variants.variant when 'default' then contract_values.value_minor else contract_values.median_minor end as numerator,
        case variants.variant when 'default' then contract_values.deals else 1 end as denominator,
        contract_values.deals as n,
        case when contract_values.deals is null then 'no_denominator' end as missing_reason,
        true as is_money
    from months
    cross join (select 'default' as variant union all select 'median') as variants
    left join contract_values
        on months.month_starts_on = contract_values.month_starts_on
    union all
    select
        'plan_attainment' as kpi,
        'default' as variant,
        months.month_starts_on,
        months.basis,
        months.revenue_minor as numerator,
        cast(plans.plan_minor as bigint) as denominator,
        months.deals as n,
        case when plans.plan_minor is null then 'no_plan' when months.revenue_minor is null then 'no_revenue_data' end as missing_reason,
        false as is_money
    from months
    inner join {{ ref('int_kpi_months') }} as periods
        on months.month_starts_on = periods.month_starts_on
    left join plans
        on periods.period = plans.period
    union all
    -- attainment divided by the share of working days elapsed
    select
        'plan_attainment' as kpi,
        'pace' as variant,
        months.month_starts_on,
        months.basis,
        months.revenue_minor * working_days.working_days as numerator,
        cast(plans.plan_minor as bigint) * working_days.working_days_elapsed as denominator,
        months.deals as n,
        case
            when plans.plan_minor is null then 'no_plan'
            when months.revenue_minor is null then 'no_revenue_data'
            when working_days.month_starts_on is null then 'no_working_calendar'
        end as missing_reason,
        false as is_money
    from months
    inner join {{ ref('int_kpi_months') }} as periods
        on months.month_starts_on = periods.month_starts_on
    left join plans
        on periods.period = plans.period
    left join {{ ref('int_working_days_monthly') }} as working_days
        on months.month_starts_on = working_days.month_starts_on
),

figures as (
    select
        all_figures.*,
        '(all)' as segment,
        cast(null as string) as cohort_basis,
        cast(null as boolean) as is_mature
    from all_figures
)

select
    {{ kpi_columns() }}
from figures
