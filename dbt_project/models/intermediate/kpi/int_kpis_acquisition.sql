-- Cost of a new customer; the cost window is the period moved back by whole months (C16): by `cost_lag_months` in the
-- default variant, by three in the other. A missing cost is never 0 (D5).
with customers_and_costs as (
    select
        revenue.month_starts_on,
        revenue.month_number,
        revenue.new_customers,
        marketing.cost_minor as marketing_minor,
        sales.cost_minor as sales_minor
    from {{ ref('int_revenue_monthly') }} as revenue
    left join {{ ref('int_costs_monthly') }} as marketing
        on revenue.month_starts_on = marketing.month_starts_on
        and marketing.team = 'marketing'
        and marketing.channel = '(all)'
    left join {{ ref('int_costs_monthly') }} as sales
        on revenue.month_starts_on = sales.month_starts_on
        and sales.team = 'sales'
        and sales.channel = '(all)'
),

all_figures as (
    select
        case variants.includes_sales when 1 then 'cac_blended' else 'cac_marketing_only' end as kpi,
        variants.variant,
        current_month.month_starts_on,
        '(all)' as segment,
        'first_close' as basis,
        -- the sum is null when either cost is missing
        costs.marketing_minor + case variants.includes_sales when 1 then costs.sales_minor else 0 end as numerator,
        current_month.new_customers as denominator,
        current_month.new_customers as n,
        case
            when costs.marketing_minor + case variants.includes_sales when 1 then costs.sales_minor else 0 end is null then 'no_cost_data'
        end as missing_reason,
        true as is_money
    from customers_and_costs as current_month
    cross join (
        select 1 as includes_sales, 'default' as variant, {{ count_policy('cost_lag_months') }} as lag_months
        union all
        select 1, 'lag_3_months', 3
        union all
        select 0, 'default', {{ count_policy('cost_lag_months') }}
        union all
        select 0, 'lag_3_months', 3
    ) as variants
    left join customers_and_costs as costs
        on current_month.month_number - variants.lag_months = costs.month_number
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
