-- Opening, expansion, contraction and churn of each month against twelve months before (C18). Customers without an
-- opening value (new ones, and those lost before) stand outside; who left and came back inside the year is net.
with sides as (
    select
        positions.basis,
        positions.customer_id,
        positions.calendar_month_number,
        positions.value_minor as closing_minor,
        0 as opening_minor
    from {{ ref('int_customer_positions') }} as positions
    union all
    select
        positions.basis,
        positions.customer_id,
        positions.calendar_month_number + 12 as calendar_month_number,
        0 as closing_minor,
        positions.value_minor as opening_minor
    from {{ ref('int_customer_positions') }} as positions
),

pairs as (
    select
        sides.basis,
        sides.customer_id,
        sides.calendar_month_number,
        sum(sides.closing_minor) as closing_minor,
        sum(sides.opening_minor) as opening_minor
    from sides
    group by sides.basis, sides.customer_id, sides.calendar_month_number
),

totals as (
    select
        pairs.calendar_month_number,
        sum(case when pairs.opening_minor > 0 then 1 else 0 end) as customers_at_opening,
        sum(case when pairs.opening_minor > 0 then pairs.opening_minor else 0 end) as opening_minor,
        sum(case when pairs.opening_minor > 0 and pairs.closing_minor > pairs.opening_minor then pairs.closing_minor - pairs.opening_minor else 0 end)
            as expansion_minor,
        sum(case
            when pairs.opening_minor > 0 and pairs.closing_minor > 0 and pairs.closing_minor < pairs.opening_minor
                then pairs.opening_minor - pairs.closing_minor
            else 0
        end) as contraction_minor,
        sum(case when pairs.opening_minor > 0 and pairs.closing_minor <= 0 then pairs.opening_minor - pairs.closing_minor else 0 end) as churn_minor,
        sum(case when pairs.opening_minor > 0 and pairs.closing_minor <= 0 then 1 else 0 end) as customers_lost,
        sum(case when pairs.opening_minor <= 0 and pairs.closing_minor > 0 then pairs.closing_minor else 0 end) as new_minor
    from pairs
    group by pairs.calendar_month_number
),

-- Revenue needs two whole years on record; a subscription says itself since when it runs.
history as (
    select min(months.calendar_month_number) as first_month_number
    from {{ ref('int_calendar_months') }} as months
    inner join {{ ref('int_kpi_months') }} as kpi_months
        on months.month_starts_on = kpi_months.month_starts_on
),

bases as (
    select case when (select count(*) from {{ ref('subscriptions') }}) > 0 then 'subscriptions' else {{ revenue_basis() }} end as basis
)

select
    months.month_starts_on,
    calendar_months.calendar_month_number,
    bases.basis,
    bases.basis = 'subscriptions' or calendar_months.calendar_month_number - 23 >= history.first_month_number as has_history,
    cast(coalesce(totals.customers_at_opening, 0) as bigint) as customers_at_opening,
    cast(coalesce(totals.customers_lost, 0) as bigint) as customers_lost,
    cast(coalesce(totals.opening_minor, 0) as bigint) as opening_minor,
    cast(coalesce(totals.expansion_minor, 0) as bigint) as expansion_minor,
    cast(coalesce(totals.contraction_minor, 0) as bigint) as contraction_minor,
    cast(coalesce(totals.churn_minor, 0) as bigint) as churn_minor,
    cast(coalesce(totals.new_minor, 0) as bigint) as new_minor
from {{ ref('int_kpi_months') }} as months
inner join {{ ref('int_calendar_months') }} as calendar_months
    on months.month_starts_on = calendar_months.month_starts_on
cross join bases
cross join history
left join totals
    on calendar_months.calendar_month_number = totals.calendar_month_number
