-- Margin earned from each acquisition cohort by its age in months, up to today and never extrapolated (§5, ltv_observed).
-- Money that came before the first close (a prepayment) belongs to age 0. Every age from 0 has a row, quiet ones too.
{%- set margin = share_policy_millionths('gross_margin') %}

with cohorts as (
    select
        acquired.month_starts_on,
        acquired.calendar_month_number,
        count(*) as customers
    from {{ ref('int_customers_acquired') }} as acquired
    group by acquired.month_starts_on, acquired.calendar_month_number
),

ages as (
    select
        cohorts.month_starts_on,
        cohorts.customers,
        months.calendar_month_number - cohorts.calendar_month_number as age_months
    from cohorts
    inner join {{ ref('int_calendar_months') }} as months
        on cohorts.calendar_month_number <= months.calendar_month_number
),

moves as (
    select
        acquired.month_starts_on,
        greatest(moves.calendar_month_number - acquired.calendar_month_number, 0) as age_months,
        sum(moves.revenue_minor) as revenue_minor
    from {{ ref('int_customer_months') }} as moves
    inner join {{ ref('int_customers_acquired') }} as acquired
        on moves.customer_id = acquired.customer_id
    group by acquired.month_starts_on, greatest(moves.calendar_month_number - acquired.calendar_month_number, 0)
),

to_date as (
    select
        ages.month_starts_on,
        ages.age_months,
        ages.customers,
        coalesce(moves.revenue_minor, 0) as revenue_minor,
        sum(coalesce(moves.revenue_minor, 0)) over (
            partition by ages.month_starts_on
            order by ages.age_months rows between unbounded preceding and current row
        ) as revenue_to_date_minor
    from ages
    left join moves
        on ages.month_starts_on = moves.month_starts_on
        and ages.age_months = moves.age_months
),

signed as (
    select
        to_date.*,
        case when to_date.revenue_to_date_minor < 0 then -1 else 1 end as direction,
        {{ margin }} as margin_millionths
    from to_date
)

select
    signed.month_starts_on,
    cast(signed.age_months as bigint) as age_months,
    cast(signed.customers as bigint) as customers,
    cast(signed.revenue_minor as bigint) as revenue_minor,
    cast(signed.revenue_to_date_minor as bigint) as revenue_to_date_minor,
    cast(
        signed.direction
        * {{ floor_divide(wide_product('abs(signed.revenue_to_date_minor)', 'signed.margin_millionths') ~ ' + 500000', '1000000') }}
        as bigint
    ) as margin_to_date_minor,
    cast(row_number() over (partition by signed.month_starts_on order by signed.age_months desc) as bigint) = 1 as is_latest
from signed
