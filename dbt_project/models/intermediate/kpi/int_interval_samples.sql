-- What the intervals of money and of the cycle are resampled from (D8): one row per unit of a figure's month. `statistic` says
-- what the figure makes of the values: their sum, mean or median; for a cost per customer `value` of `base` leads became
-- customers, and `cost_minor` stays as it is.
{%- set margin = share_policy_millionths('gross_margin') %}

with closed_contracts as (
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

units as (
    select
        'revenue' as kpi, variants.variant, 'sum' as statistic, 'deal' as resampling_unit,
        paid_deals.month_starts_on, paid_deals.deal_id as unit_id, paid_deals.value_minor as value
    from paid_deals
    cross join (select 'default' as variant union all select 'payments' as variant) as variants
    where variants.variant = 'payments' or {{ revenue_basis() }} = 'payments'
    union all
    select
        'revenue' as kpi, variants.variant, 'sum' as statistic, 'deal' as resampling_unit,
        days.month_starts_on, won_contracts.deal_id as unit_id, won_contracts.value_minor as value
    from won_contracts
    inner join {{ ref('int_days') }} as days
        on won_contracts.won_on = days.date_on
    cross join (select 'default' as variant union all select 'contracts' as variant) as variants
    where variants.variant = 'contracts' or {{ revenue_basis() }} = 'contracts'
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
    cast(units.value as bigint) as value,
    cast(null as bigint) as base,
    cast(null as bigint) as cost_minor
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
    cast(acquisition.denominator as bigint) as value,
    cast(greatest(coalesce(leads_created.leads, 0), acquisition.denominator) as bigint) as base,
    cast(acquisition.numerator as bigint) as cost_minor
from {{ ref('int_kpis_acquisition') }} as acquisition
left join leads_created
    on acquisition.month_starts_on = leads_created.month_starts_on
where acquisition.missing_reason is null
