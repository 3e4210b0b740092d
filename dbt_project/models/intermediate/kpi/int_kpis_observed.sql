-- Margin to date a customer of each acquisition month, at the age the cohort has reached (§5, ltv_observed).
with all_figures as (
    select
        'ltv_observed' as kpi,
        'default' as variant,
        months.month_starts_on,
        '(all)' as segment,
        'margin to date, age ' || cast(cohorts.age_months as string) || ' months' as basis,
        cohorts.margin_to_date_minor as numerator,
        coalesce(cohorts.customers, 0) as denominator,
        cohorts.customers as n,
        case
            when cohorts.customers > 0 and {{ share_policy_millionths('gross_margin') }} is null then 'no_margin'
        end as missing_reason,
        true as is_money
    from {{ ref('int_kpi_months') }} as months
    left join {{ ref('int_customer_cohort_values') }} as cohorts
        on months.month_starts_on = cohorts.month_starts_on
        and cohorts.is_latest
),

figures as (
    select
        all_figures.*,
        cast(null as string) as cohort_basis,
        cast(null as boolean) as is_mature
    from all_figures
)

select
    {{ kpi_columns() }}
from figures
