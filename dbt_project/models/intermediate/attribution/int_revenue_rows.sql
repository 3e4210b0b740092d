-- Dated amounts of every conversion (D50a, D58, D59). A kind without money has one row of 0; `won` one row with the contract's
-- value and, where the deal was re-opened, one that takes it back on that day; `paid` one row a payment or refund, all with the
-- weights of the one conversion. `conversion_count` is 1 on the row that makes the conversion, -1 on the row that returns all of
-- its money, else 0; it sums to what still stands.
with won_or_imported as (
    select
        conversions.conversion_id,
        conversions.conversion_key,
        conversions.converted_at as credited_at,
        wins.reopened_at,
        case when conversions.carries_revenue then wins.amount_minor else 0 end as amount_minor,
        case when conversions.carries_revenue then wins.currency else {{ build_fact('reporting_currency') }} end as currency,
        case when conversions.carries_revenue then wins.amount_reporting_minor else 0 end as amount_reporting_minor
    from {{ ref('int_conversions_gathered') }} as conversions
    inner join {{ ref('int_deals_won') }} as wins
        on conversions.conversion_id = wins.conversion_id
    where conversions.kind = 'won'
    union all
    select
        conversions.conversion_id,
        conversions.conversion_key,
        conversions.converted_at as credited_at,
        cast(null as timestamp) as reopened_at,
        imported_conversions.revenue_minor as amount_minor,
        imported_conversions.currency,
        {{ in_reporting_currency('imported_conversions.revenue_minor', 'imported_conversions.currency') }} as amount_reporting_minor
    from {{ ref('int_conversions_gathered') }} as conversions
    inner join {{ ref('conversions') }} as imported_conversions
        on conversions.conversion_id = coalesce(imported_conversions.kind, 'imported') || ':' || imported_conversions.conversion_id
    {{ join_rates('imported_conversions.currency', local_date('imported_conversions.converted_at')) | indent(4) }}
    where conversions.carries_revenue
),

payments as (
    select
        conversions.conversion_id,
        conversions.conversion_key,
        conversions.converted_at,
        conversions.conversion_id || ':' || payments.payment_id as revenue_row_id,
        payments.paid_at as credited_at,
        payments.amount_minor,
        payments.currency,
        payments.amount_reporting_minor,
        sum(payments.amount_minor) over (
            partition by conversions.conversion_key order by payments.paid_at, payments.payment_id
            rows between unbounded preceding and current row
        ) as balance_minor,
        sum(coalesce(payments.amount_reporting_minor, 0)) over (
            partition by conversions.conversion_key order by payments.paid_at, payments.payment_id
            rows between unbounded preceding and current row
        ) as reporting_balance_minor,
        row_number() over (partition by conversions.conversion_key order by payments.paid_at, payments.payment_id) as payment_order
    from {{ ref('int_conversions_gathered') }} as conversions
    inner join {{ ref('int_payments_valued') }} as payments
        on conversions.kind = 'paid' and conversions.deal_id = payments.deal_id
            and conversions.conversion_id = 'paid:' || payments.deal_id
    where conversions.carries_revenue
),

-- a refund that brings the balance to nothing negates the rows since the balance was last nothing, row by row (D58)
payments_counted as (
    select
        payments.*,
        case when payments.balance_minor > 0 then 1 else 0 end
        - case when payments.balance_minor - payments.amount_minor > 0 then 1 else 0 end as conversion_count,
        payments.amount_minor < 0 and payments.balance_minor = 0 and payments.reporting_balance_minor = 0 as is_negation
    from payments
),

payments_grouped as (
    select
        payments_counted.*,
        coalesce(
            sum(case when payments_counted.is_negation then 1 else 0 end) over (
                partition by payments_counted.conversion_key order by payments_counted.payment_order
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as negation_group
    from payments_counted
),

rows_with_money as (
    select
        won_or_imported.conversion_id,
        won_or_imported.conversion_key,
        won_or_imported.conversion_id as revenue_row_id,
        1 as revenue_row_number,
        won_or_imported.credited_at,
        1 as conversion_count,
        won_or_imported.amount_minor,
        won_or_imported.currency,
        won_or_imported.amount_reporting_minor,
        false as is_negation,
        0 as negation_group
    from won_or_imported
    union all
    select
        won_or_imported.conversion_id,
        won_or_imported.conversion_key,
        won_or_imported.conversion_id || ':reopened' as revenue_row_id,
        2 as revenue_row_number,
        won_or_imported.reopened_at as credited_at,
        -1 as conversion_count,
        -won_or_imported.amount_minor as amount_minor,
        won_or_imported.currency,
        -won_or_imported.amount_reporting_minor as amount_reporting_minor,
        true as is_negation,
        0 as negation_group
    from won_or_imported
    where won_or_imported.reopened_at is not null
    union all
    select
        payments_grouped.conversion_id,
        payments_grouped.conversion_key,
        payments_grouped.revenue_row_id,
        payments_grouped.payment_order as revenue_row_number,
        payments_grouped.credited_at,
        payments_grouped.conversion_count,
        payments_grouped.amount_minor,
        payments_grouped.currency,
        payments_grouped.amount_reporting_minor,
        payments_grouped.is_negation,
        payments_grouped.negation_group
    from payments_grouped
    union all
    select
        conversions.conversion_id,
        conversions.conversion_key,
        conversions.conversion_id as revenue_row_id,
        1 as revenue_row_number,
        conversions.converted_at as credited_at,
        1 as conversion_count,
        0 as amount_minor,
        {{ build_fact('reporting_currency') }} as currency,
        0 as amount_reporting_minor,
        false as is_negation,
        0 as negation_group
    from {{ ref('int_conversions_gathered') }} as conversions
    where not conversions.carries_revenue and conversions.kind <> 'won'
)

select
    rows_with_money.conversion_id,
    rows_with_money.conversion_key,
    rows_with_money.revenue_row_id,
    cast(rows_with_money.revenue_row_number as bigint) as revenue_row_number,
    rows_with_money.credited_at,
    {{ local_date('rows_with_money.credited_at') }} as credited_on,
    cast(rows_with_money.conversion_count as bigint) as conversion_count,
    cast(rows_with_money.amount_minor as bigint) as amount_minor,
    rows_with_money.currency,
    cast(rows_with_money.amount_reporting_minor as bigint) as amount_reporting_minor,
    rows_with_money.is_negation,
    cast(rows_with_money.negation_group as bigint) as negation_group
from rows_with_money
