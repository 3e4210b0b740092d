-- KPIs that this build cannot compute, each with the reason, so that a gap is a row and never a silent absence.
with subscriptions as (
    select count(*) as subscriptions
    from {{ ref('subscriptions') }}
),

visits as (
    select count(*) as months
    from {{ ref('int_visits_counted') }}
),

reasons as (
    select
        'nrr' as kpi,
        'default' as variant,
        case when subscriptions.subscriptions = 0 then 'no_subscriptions' else 'not_computed_yet' end as missing_reason
    from subscriptions
    union all
    select 'ltv_margin', 'default', case when subscriptions.subscriptions = 0 then 'no_subscriptions' else 'not_computed_yet' end
    from subscriptions
    union all
    select 'ltv_simple', 'default', case when subscriptions.subscriptions = 0 then 'no_subscriptions' else 'not_computed_yet' end
    from subscriptions
    union all
    select 'ltv_observed', 'default', 'no_margin'
    union all
    select 'ltv_to_cac', 'default', case when subscriptions.subscriptions = 0 then 'no_subscriptions' else 'not_computed_yet' end
    from subscriptions
    union all
    select 'touches_before_sql', 'default', 'needs_ledger'
    union all
    select 'reach', 'default', 'not_additive'
    union all
    select 'brand_traffic_share', 'default', case when visits.months = 0 then 'no_visits' else 'no_brand_words' end
    from visits
    union all
    select 'cac_blended', 'change_90_days', 'no_baseline'
    union all
    select 'days_in_stage', 'change_90_days', 'no_baseline'
),

figures as (
    select
        reasons.kpi,
        reasons.variant,
        months.month_starts_on,
        '(all)' as segment,
        cast(null as string) as cohort_basis,
        cast(null as string) as basis,
        cast(null as bigint) as numerator,
        cast(null as bigint) as denominator,
        cast(null as bigint) as n,
        false as is_money,
        cast(null as boolean) as is_mature,
        reasons.missing_reason
    from reasons
    cross join {{ ref('int_kpi_months') }} as months
)

select
    {{ kpi_columns() }}
from figures
