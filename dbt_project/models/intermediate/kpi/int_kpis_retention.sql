-- Net revenue retention (K4): what the customers of a year ago are worth now, over what they were worth then.
with all_figures as (
    select
        'nrr' as kpi,
        'default' as variant,
        retained.month_starts_on,
        '(all)' as segment,
        retained.basis,
        retained.opening_minor + retained.expansion_minor - retained.contraction_minor - retained.churn_minor as numerator,
        retained.opening_minor as denominator,
        retained.customers_at_opening as n,
        case when not retained.has_history then 'no_baseline' end as missing_reason,
        false as is_money
    from {{ ref('int_revenue_retained') }} as retained
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
