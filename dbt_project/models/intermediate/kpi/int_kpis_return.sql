-- Return on marketing: profit by the named basis less the marketing cost, over the marketing cost (C15).
{%- set margin = decimal_or_null(policy('gross_margin')) %}

with customers_and_costs as (
    select
        revenue.month_starts_on,
        revenue.basis,
        revenue.revenue_minor,
        revenue.deals,
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
        'romi' as kpi,
        variants.variant,
        months.month_starts_on,
        '(all)' as segment,
        variants.variant || ' of ' || months.basis as basis,
        cast(
            case variants.variant
                when 'revenue' then months.revenue_minor
                when 'gross_margin' then floor(months.revenue_minor * {{ margin }} + cast('0.5' as decimal(2, 1)))
                else floor(months.revenue_minor * {{ margin }} + cast('0.5' as decimal(2, 1))) - months.sales_minor
            end as bigint
        ) - months.marketing_minor as numerator,
        months.marketing_minor as denominator,
        months.deals as n,
        case
            when months.marketing_minor is null or (variants.variant = 'net' and months.sales_minor is null) then 'no_cost_data'
            when months.revenue_minor is null then 'no_revenue_data'
            when variants.variant <> 'revenue' and {{ margin }} is null then 'no_margin'
        end as missing_reason,
        false as is_money
    from customers_and_costs as months
    cross join (select 'revenue' as variant union all select 'gross_margin' union all select 'net') as variants
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
