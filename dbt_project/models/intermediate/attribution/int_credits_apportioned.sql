-- The ledger in its stored form: keys and numbers only, labels are joined by `fct_attribution_credits`. At 22 M rows the
-- text keys alone cost more than the arithmetic. `position` is null on the one row of an unattributed conversion.
-- Weights are counted in units of 10^-12 by the same floors as money, so they sum to 10^12 exactly (D57).
with portions as (
    select
        parts.conversion_key,
        parts.window_key,
        parts.position,
        parts.attribution_model,
        parts.rule,
        revenue_rows.revenue_row_number,
        {{ apportion_to_touch("cast('1000000000000' as bigint)") | indent(8) }} as weight_units,
        case when revenue_rows.amount_reporting_minor < 0 then -1 else 1 end
        * {{ apportion_to_touch('abs(revenue_rows.amount_reporting_minor)') | indent(8) }} as credited_minor
    from {{ ref('int_journey_parts') }} as parts
    inner join {{ ref('int_revenue_rows_levelled') }} as revenue_rows
        on parts.conversion_key = revenue_rows.conversion_key
    where not revenue_rows.is_negation
),

-- the return of all the money takes back what each touch had been given, unit by unit (D58)
negations as (
    select
        parts.conversion_key,
        parts.window_key,
        parts.position,
        parts.attribution_model,
        parts.rule,
        returning_rows.revenue_row_number,
        max({{ apportion_to_touch("cast('1000000000000' as bigint)") | indent(12) }}) as weight_units,
        -sum(
            case when revenue_rows.amount_reporting_minor < 0 then -1 else 1 end
            * {{ apportion_to_touch('abs(revenue_rows.amount_reporting_minor)') | indent(12) }}
        ) as credited_minor
    from {{ ref('int_journey_parts') }} as parts
    inner join {{ ref('int_revenue_rows_levelled') }} as returning_rows
        on parts.conversion_key = returning_rows.conversion_key and returning_rows.is_negation
    inner join {{ ref('int_revenue_rows_levelled') }} as revenue_rows
        on parts.conversion_key = revenue_rows.conversion_key
        and not revenue_rows.is_negation
        and returning_rows.negation_group = revenue_rows.negation_group
        and revenue_rows.revenue_row_number < returning_rows.revenue_row_number
    group by
        parts.conversion_key, parts.window_key, parts.position, parts.attribution_model, parts.rule,
        returning_rows.revenue_row_number
),

unattributed as (
    select
        unattributed_conversions.conversion_key,
        unattributed_conversions.window_key,
        cast(null as bigint) as position,
        models.attribution_model,
        unattributed_conversions.unattributed_reason as rule,
        revenue_rows.revenue_row_number,
        cast('1000000000000' as bigint) as weight_units,
        revenue_rows.amount_reporting_minor as credited_minor
    from {{ ref('int_conversions_unattributed') }} as unattributed_conversions
    inner join {{ ref('int_attribution_models_enabled') }} as models
        on unattributed_conversions.window_key = models.window_key
    inner join {{ ref('int_revenue_rows_levelled') }} as revenue_rows
        on unattributed_conversions.conversion_key = revenue_rows.conversion_key
),

all_rows as (
    select conversion_key, window_key, position, attribution_model, rule, revenue_row_number, weight_units, credited_minor
    from portions
    union all
    select conversion_key, window_key, position, attribution_model, rule, revenue_row_number, weight_units, credited_minor
    from negations
    union all
    select conversion_key, window_key, position, attribution_model, rule, revenue_row_number, weight_units, credited_minor
    from unattributed
)

select
    all_rows.conversion_key,
    all_rows.window_key,
    all_rows.position,
    all_rows.attribution_model,
    all_rows.rule,
    all_rows.revenue_row_number,
    cast(all_rows.weight_units as bigint) as weight_units,
    cast(all_rows.credited_minor as bigint) as credited_minor
from all_rows
