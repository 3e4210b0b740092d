select
    retained.month_starts_on as month,
    months.period,
    cast(retained.basis as string) as basis,
    retained.customers_at_opening,
    retained.customers_lost,
    retained.opening_minor,
    retained.expansion_minor,
    retained.contraction_minor,
    retained.churn_minor,
    retained.new_minor,
    retained.has_history as has_opening_on_record,
    lifetimes.customers,
    lifetimes.customer_months,
    lifetimes.revenue_minor,
    lifetimes.at_risk_months,
    lifetimes.customers_lost as customers_lost_in_lifetime,
    {{ ratio('lifetimes.revenue_minor', 'lifetimes.customer_months') }} as revenue_a_month_minor,
    case when lifetimes.has_history then {{ ratio('lifetimes.lifetime_numerator', 'lifetimes.lifetime_denominator') }} end as lifetime_months,
    lifetimes.is_lifetime_capped,
    {{ ratio('lifetimes.purchases', 'lifetimes.purchasers') }} as purchases_a_customer,
    {{ build_fact('reporting_currency') }} as currency,
    {{ build_fact('vat_basis') }} as vat_basis,
    {{ build_fact('build_id') }} as build_id
from {{ ref('int_revenue_retained') }} as retained
inner join {{ ref('int_customer_lifetimes') }} as lifetimes
    on retained.month_starts_on = lifetimes.month_starts_on
inner join {{ ref('int_kpi_months') }} as months
    on retained.month_starts_on = months.month_starts_on
