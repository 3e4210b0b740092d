select
    cohorts.month_starts_on as cohort_month,
    cohorts.age_months,
    cohorts.customers,
    cohorts.revenue_minor,
    cohorts.revenue_to_date_minor,
    cohorts.margin_to_date_minor,
    {{ ratio('cohorts.margin_to_date_minor', 'cohorts.customers') }} as ltv_observed_minor,
    cohorts.is_latest,
    cast(case when cohorts.margin_to_date_minor is null then 'no_margin' end as string) as missing_reason,
    {{ build_fact('reporting_currency') }} as currency,
    {{ build_fact('vat_basis') }} as vat_basis,
    {{ build_fact('build_id') }} as build_id
from {{ ref('int_customer_cohort_values') }} as cohorts
