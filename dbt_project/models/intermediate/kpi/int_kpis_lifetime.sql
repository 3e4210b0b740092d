-- Lifetime value of a customer (K3) and its ratio to the cost of a new one. ARPA × lifetime is revenue ÷ customer months
-- × months at risk ÷ customers lost: one division at the end, so nothing is rounded on the way.
{%- set margin = share_policy_millionths('gross_margin') %}

with products as (
    select
        lifetimes.month_starts_on,
        lifetimes.basis || case when lifetimes.is_lifetime_capped then ', lifetime capped' else '' end as basis,
        lifetimes.customers,
        cast({{ wide_product('lifetimes.revenue_minor', 'lifetimes.lifetime_numerator') }} as decimal(38, 0)) as revenue_product,
        cast({{ wide_product('lifetimes.customer_months', 'lifetimes.lifetime_denominator') }} as decimal(38, 0)) as months_product,
        lifetimes.purchases,
        lifetimes.purchasers,
        {{ margin }} as margin_millionths,
        case when lifetimes.customers = 0 then 'no_denominator' when not lifetimes.has_history then 'no_baseline' end as missing_reason
    from {{ ref('int_customer_lifetimes') }} as lifetimes
),

values_of_customers as (
    select
        'ltv_simple' as kpi,
        products.month_starts_on,
        products.basis,
        products.customers,
        products.revenue_product as numerator,
        products.months_product as denominator,
        products.missing_reason
    from products
    union all
    select
        'ltv_literal' as kpi,
        products.month_starts_on,
        products.basis || ', counts repeats twice' as basis,
        products.customers,
        cast({{ wide_product('products.revenue_product', 'products.purchases') }} as decimal(38, 0)) as numerator,
        cast({{ wide_product('products.months_product', 'products.purchasers') }} as decimal(38, 0)) as denominator,
        products.missing_reason
    from products
    union all
    select
        'ltv_margin' as kpi,
        products.month_starts_on,
        products.basis,
        products.customers,
        cast({{ wide_product('products.revenue_product', 'products.margin_millionths') }} as decimal(38, 0)) as numerator,
        cast({{ wide_product('products.months_product', '1000000') }} as decimal(38, 0)) as denominator,
        coalesce(products.missing_reason, case when products.margin_millionths is null then 'no_margin' end) as missing_reason
    from products
),

rounded as (
    select
        values_of_customers.*,
        cast(floor({{ ratio('values_of_customers.numerator', 'values_of_customers.denominator') }} + cast('0.5' as decimal(2, 1))) as bigint)
            as value_minor
    from values_of_customers
),

acquisition as (
    select
        acquisition.month_starts_on,
        cast(floor(acquisition.value + cast('0.5' as decimal(2, 1))) as bigint) as cac_minor,
        acquisition.missing_reason
    from {{ ref('int_kpis_acquisition') }} as acquisition
    where acquisition.kpi = 'cac_blended' and acquisition.variant = 'default' and acquisition.segment = '(all)'
),

all_figures as (
    select
        values_of_customers.kpi,
        'default' as variant,
        values_of_customers.month_starts_on,
        values_of_customers.basis,
        values_of_customers.numerator,
        values_of_customers.denominator,
        values_of_customers.customers as n,
        values_of_customers.missing_reason,
        true as is_money
    from values_of_customers
    union all
    select
        'ltv_to_cac' as kpi,
        case rounded.kpi when 'ltv_margin' then 'default' else 'simple' end as variant,
        rounded.month_starts_on,
        rounded.kpi || ' to cac_blended, ' || rounded.basis as basis,
        cast(rounded.value_minor as decimal(38, 0)) as numerator,
        cast(acquisition.cac_minor as decimal(38, 0)) as denominator,
        rounded.customers as n,
        coalesce(rounded.missing_reason, acquisition.missing_reason) as missing_reason,
        false as is_money
    from rounded
    left join acquisition
        on rounded.month_starts_on = acquisition.month_starts_on
    where rounded.kpi in ('ltv_margin', 'ltv_simple')
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
