-- Money and purchases of a customer per month: payments less refunds by their own date, or contracts, as the build calls
-- revenue (D15). Amounts without a rate are left out (D4). A purchase is a deal closed in the month.
with moves as (
    select
        coalesce(
            deals.customer_id,
            case
                when payments.account_id is not null then 'account:' || payments.account_id
                when payments.person_id is not null then 'person:' || payments.person_id
                else 'payment:' || payments.payment_id
            end
        ) as customer_id,
        payments.paid_on as moved_on,
        payments.amount_reporting_minor as revenue_minor,
        0 as purchases
    from {{ ref('int_payments_valued') }} as payments
    left join {{ ref('int_deals_valued') }} as deals
        on payments.deal_id = deals.deal_id
    where payments.paid_at <= {{ build_fact('evaluated_at') }} and {{ revenue_basis() }} = 'payments'
    union all
    select
        deals.customer_id,
        {{ local_date('case ' ~ policy('close_event') ~ " when 'paid' then deals.paid_at else deals.won_at end") }} as moved_on,
        case when {{ revenue_basis() }} = 'contracts' then deals.amount_reporting_minor else 0 end as revenue_minor,
        1 as purchases
    from {{ ref('int_deals_valued') }} as deals
    where case {{ policy('close_event') }} when 'paid' then deals.paid_at else deals.won_at end <= {{ build_fact('evaluated_at') }}
)

select
    moves.customer_id,
    months.calendar_month_number,
    months.month_starts_on,
    cast(sum(moves.revenue_minor) as bigint) as revenue_minor,
    cast(sum(moves.purchases) as bigint) as purchases
from moves
inner join {{ ref('int_days') }} as days
    on moves.moved_on = days.date_on
inner join {{ ref('int_calendar_months') }} as months
    on days.month_starts_on = months.month_starts_on
group by moves.customer_id, months.calendar_month_number, months.month_starts_on
