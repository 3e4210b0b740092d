-- What the intervals of KPIs other than proportions are resampled from (D8): one row per unit of a figure's month. `statistic`
-- names what the figure makes of the drawn units (ml/intervals.py). For a cost per customer `value` of `base` leads became
-- customers. What is the same for all units of a month (costs, margin, cap, open deals) stands as it is and is not resampled.
{%- set margin = share_policy_millionths('gross_margin') %}

-- joined, not written where they are used: a subquery in what Spark 4 takes for a key of a join "has not finished" there
with terms as (
    select
        {{ margin }} as margin_millionths,
        {{ count_policy('lifetime_cap_months') }} as lifetime_cap_months,
        {{ revenue_basis() }} as revenue_basis
    from {{ ref('stg_build__build') }}
),

closed_contracts as (
    select
        deals.deal_id,
        {{ local_date('case ' ~ policy('close_event') ~ " when 'paid' then deals.paid_at else deals.won_at end") }} as closed_on,
        {{ first_year_value('deals.amount_reporting_minor', 'deals.term_months') }} as value_minor
    from {{ ref('int_deals_valued') }} as deals
    where deals.amount_reporting_minor is not null
        and deals.won_at <= {{ build_fact('evaluated_at') }}
),

won_contracts as (
    select
        deals.deal_id,
        {{ local_date('deals.won_at') }} as won_on,
        deals.amount_reporting_minor as value_minor
    from {{ ref('int_deals_valued') }} as deals
    where deals.won_at <= {{ build_fact('evaluated_at') }} and deals.amount_reporting_minor is not null
),

paid_deals as (
    select
        coalesce(payments.deal_id, 'payment:' || payments.payment_id) as deal_id,
        days.month_starts_on,
        sum(payments.amount_reporting_minor) as value_minor
    from {{ ref('int_payments_valued') }} as payments
    inner join {{ ref('int_days') }} as days
        on payments.paid_on = days.date_on
    where payments.paid_at <= {{ build_fact('evaluated_at') }} and payments.amount_reporting_minor is not null
    group by coalesce(payments.deal_id, 'payment:' || payments.payment_id), days.month_starts_on
),

with_close as (
    {{ deals_with_close() | indent(4) }}
),

cycles as (
    select
        with_close.deal_id,
        with_close.outcome,
        {{ local_date('with_close.closed_at') }} as closed_on,
        {{ seconds_between('with_close.sql_reached_at', 'with_close.closed_at') }} as seconds
    from with_close
    where with_close.sql_reached_at <= with_close.closed_at
        and with_close.closed_at <= {{ build_fact('evaluated_at') }}
),

leads_created as (
    select
        entries.created_month_starts_on as month_starts_on,
        count(*) as leads
    from {{ ref('int_stage_entries') }} as entries
    where entries.stage = 'lead'
    group by entries.created_month_starts_on
),

customer_margins as (
    select
        acquired.customer_id,
        acquired.month_starts_on,
        sum(coalesce(moves.revenue_minor, 0)) as revenue_minor
    from {{ ref('int_customers_acquired') }} as acquired
    left join {{ ref('int_customer_months') }} as moves
        on acquired.customer_id = moves.customer_id
    group by acquired.customer_id, acquired.month_starts_on
),

deals_of_revenue as (
    select
        'payments' as basis,
        paid_deals.month_starts_on,
        paid_deals.deal_id,
        paid_deals.value_minor
    from paid_deals
    union all
    select
        'contracts' as basis,
        days.month_starts_on,
        won_contracts.deal_id,
        won_contracts.value_minor
    from won_contracts
    inner join {{ ref('int_days') }} as days
        on won_contracts.won_on = days.date_on
),

units as (
    select
        'revenue' as kpi, variants.variant, 'sum' as statistic, 'deal' as resampling_unit,
        deals.month_starts_on, deals.deal_id as unit_id, deals.value_minor as value
    from deals_of_revenue as deals
    cross join (select 'default' as variant union all select 'payments' as variant union all select 'contracts' as variant) as variants
    cross join terms
    where deals.basis = case variants.variant when 'default' then terms.revenue_basis else variants.variant end
    union all
    select
        'acv' as kpi, variants.variant, variants.statistic, 'deal' as resampling_unit,
        days.month_starts_on, closed_contracts.deal_id as unit_id, closed_contracts.value_minor as value
    from closed_contracts
    inner join {{ ref('int_days') }} as days
        on closed_contracts.closed_on = days.date_on
    cross join (select 'default' as variant, 'mean' as statistic union all select 'median' as variant, 'median' as statistic) as variants
    union all
    select
        'cycle' as kpi, case cycles.outcome when 'won' then 'default' else 'lost' end as variant, 'median' as statistic, 'deal' as resampling_unit,
        days.month_starts_on, cycles.deal_id as unit_id, cycles.seconds as value
    from cycles
    inner join {{ ref('int_days') }} as days
        on cycles.closed_on = days.date_on
    union all
    select
        'ltv_observed' as kpi, 'default' as variant, 'mean' as statistic, 'customer' as resampling_unit,
        customer_margins.month_starts_on, customer_margins.customer_id as unit_id,
        case when customer_margins.revenue_minor < 0 then -1 else 1 end
        * cast({{ floor_divide(wide_product('abs(customer_margins.revenue_minor)', margin) ~ ' + 500000', '1000000') }} as bigint) as value
    from customer_margins
    where {{ margin }} is not null
)

select
    cast(units.kpi as string) as kpi,
    cast(units.variant as string) as variant,
    cast(units.statistic as string) as statistic,
    cast(units.resampling_unit as string) as resampling_unit,
    units.month_starts_on,
    cast(units.unit_id as string) as unit_id,
    {{ sample_numbers({'value': 'units.value'}) | indent(4) }}
from units
inner join {{ ref('int_kpi_months') }} as months
    on units.month_starts_on = months.month_starts_on
union all
select
    acquisition.kpi,
    acquisition.variant,
    'cost_per_event' as statistic,
    'lead' as resampling_unit,
    acquisition.month_starts_on,
    '(all)' as unit_id,
    {{ sample_numbers({
        'value': 'acquisition.denominator',
        'base': 'greatest(coalesce(leads_created.leads, 0), acquisition.denominator)',
        'cost_minor': 'acquisition.numerator',
    }) | indent(4) }}
from {{ ref('int_kpis_acquisition') }} as acquisition
left join leads_created
    on acquisition.month_starts_on = leads_created.month_starts_on
where acquisition.missing_reason is null
union all
select
    returns.kpi,
    returns.variant,
    'return_on_cost' as statistic,
    'deal' as resampling_unit,
    returns.month_starts_on,
    deals.deal_id as unit_id,
    {{ sample_numbers({
        'value': 'deals.value_minor',
        'cost_minor': 'returns.denominator',
        'other_cost_minor': "case returns.variant when 'net' then sales.cost_minor else 0 end",
        'margin_millionths': "case returns.variant when 'revenue' then 1000000 else terms.margin_millionths end",
    }) | indent(4) }}
from {{ ref('int_kpis_return') }} as returns
inner join deals_of_revenue as deals
    on returns.month_starts_on = deals.month_starts_on
cross join terms
left join {{ ref('int_costs_monthly') }} as sales
    on returns.month_starts_on = sales.month_starts_on
    and sales.team = 'sales'
    and sales.channel = '(all)'
where returns.missing_reason is null and deals.basis = terms.revenue_basis
union all
select
    retention.kpi,
    retention.variant,
    'ratio' as statistic,
    'customer' as resampling_unit,
    retention.month_starts_on,
    customers.customer_id as unit_id,
    {{ sample_numbers({'value': 'customers.closing_minor', 'base': 'customers.opening_minor'}) | indent(4) }}
from {{ ref('int_kpis_retention') }} as retention
inner join {{ ref('int_customer_windows') }} as customers
    on retention.month_starts_on = customers.month_starts_on
where retention.missing_reason is null and customers.opening_minor > 0
union all
select
    lifetimes.kpi,
    lifetimes.variant,
    case lifetimes.kpi
        when 'ltv_literal' then 'literal_lifetime_value'
        when 'ltv_to_cac' then 'lifetime_value_to_cost'
        else 'lifetime_value'
    end as statistic,
    'customer' as resampling_unit,
    lifetimes.month_starts_on,
    customers.customer_id as unit_id,
    {{ sample_numbers({
        'value': 'customers.revenue_minor',
        'base': 'customers.customer_months',
        'months_at_risk': 'customers.months_at_risk',
        'losses': 'customers.losses',
        'purchases': 'customers.purchases',
        'cost_minor': "case lifetimes.kpi when 'ltv_to_cac' then lifetimes.denominator end",
        'margin_millionths': "case when lifetimes.kpi = 'ltv_margin' or (lifetimes.kpi = 'ltv_to_cac' and lifetimes.variant = 'default') "
            ~ "then terms.margin_millionths else 1000000 end",
        'lifetime_cap_months': 'terms.lifetime_cap_months',
    }) | indent(4) }}
from {{ ref('int_kpis_lifetime') }} as lifetimes
inner join {{ ref('int_customer_windows') }} as customers
    on lifetimes.month_starts_on = customers.month_starts_on
cross join terms
where lifetimes.missing_reason is null
union all
select
    velocity.kpi,
    velocity.variant,
    'velocity' as statistic,
    'deal' as resampling_unit,
    velocity.month_starts_on,
    with_close.deal_id as unit_id,
    {{ sample_numbers({
        'value': "case when with_close.outcome = 'won' then coalesce(with_close.amount_reporting_minor, 0) else 0 end",
        'cycle_seconds': "case when with_close.outcome = 'won' and with_close.sql_reached_at <= with_close.closed_at then "
            ~ seconds_between('with_close.sql_reached_at', 'with_close.closed_at') ~ ' end',
        'open_deals': 'velocity.n',
    }) | indent(4) }}
from {{ ref('int_kpis_velocity') }} as velocity
inner join {{ ref('int_kpi_months') }} as months
    on velocity.month_starts_on = months.month_starts_on
inner join with_close
    on {{ trailing_180_days('with_close.closed_at', 'months.ends_at') }}
where velocity.kpi = 'money_velocity' and velocity.missing_reason is null
