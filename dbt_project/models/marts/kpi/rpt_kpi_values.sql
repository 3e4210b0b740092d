with figures as (
    select * from {{ ref('int_kpis_conversion') }}
    union all
    select * from {{ ref('int_kpis_acquisition') }}
    union all
    select * from {{ ref('int_kpis_unit_costs') }}
    union all
    select * from {{ ref('int_kpis_return') }}
    union all
    select * from {{ ref('int_kpis_channel_return') }}
    union all
    select * from {{ ref('int_kpis_revenue') }}
    union all
    select * from {{ ref('int_kpis_velocity') }}
    union all
    select * from {{ ref('int_kpis_recycling') }}
    union all
    select * from {{ ref('int_kpis_retention') }}
    union all
    select * from {{ ref('int_kpis_lifetime') }}
    union all
    select * from {{ ref('int_kpis_observed') }}
    union all
    select * from {{ ref('int_kpis_awareness') }}
    union all
    select * from {{ ref('int_kpis_touches') }}
    union all
    select * from {{ ref('int_kpis_changed') }}
),

-- A segment or variant without a row of its own has no target; owner, unit and direction are those of the KPI.
kpi_defaults as (
    select
        targets.kpi,
        min(targets.owner_team) as owner_team,
        min(case when targets.variant = 'default' then targets.unit end) as unit,
        min(case when targets.variant = 'default' then targets.direction end) as direction,
        max(targets.definition_version) as definition_version
    from {{ ref('stg_definitions__targets') }} as targets
    where {{ holds_on('targets', evaluation_date()) }}
    group by targets.kpi
),

with_definitions as (
    select
        figures.*,
        months.period,
        months.next_month_starts_on,
        months.ends_at,
        coalesce(targets.owner_team, kpi_defaults.owner_team) as owner,
        coalesce(targets.unit, kpi_defaults.unit) as unit,
        coalesce(targets.direction, kpi_defaults.direction) as direction,
        targets.currency as definition_currency,
        targets.target_low,
        targets.target_high,
        targets.benchmark_low,
        targets.benchmark_high,
        coalesce(targets.definition_version, kpi_defaults.definition_version) as definition_version,
        intervals.resampling_unit,
        -- a cycle is resampled in seconds and told in days
        case figures.kpi when 'cycle' then {{ ratio('cast(intervals.low as bigint)', '86400') }} else intervals.low end as bootstrap_low,
        case figures.kpi when 'cycle' then {{ ratio('cast(intervals.high as bigint)', '86400') }} else intervals.high end as bootstrap_high
    from figures
    inner join {{ ref('int_kpi_months') }} as months
        on figures.month_starts_on = months.month_starts_on
    left join {{ ref('stg_definitions__targets') }} as targets
        on figures.kpi = targets.kpi
        and figures.variant = targets.variant
        and figures.segment = targets.segment
        and {{ holds_on('targets', plus_days('months.next_month_starts_on', -1)) }}
    left join kpi_defaults
        on figures.kpi = kpi_defaults.kpi
    left join {{ ref('stg_ml__kpi_intervals') }} as intervals
        on figures.kpi = intervals.kpi
        and figures.variant = intervals.variant
        and figures.month_starts_on = intervals.month_starts_on
        and figures.segment = '(all)'
        and figures.missing_reason is null
),

-- A target of money is written in whole units of its currency; figures are minor units of the reporting currency.
scaled as (
    select
        with_definitions.*,
        case
            when not with_definitions.is_money then cast(1 as decimal(28, 12))
            when coalesce(with_definitions.definition_currency, reporting.currency) = reporting.currency
                then cast(reporting.minor_per_unit as decimal(28, 12))
            else cast(rates.rate * reporting.minor_per_unit as decimal(28, 12))
        end as factor
    from with_definitions
    left join {{ ref('stg_definitions__currencies') }} as reporting
        on reporting.currency = {{ build_fact('reporting_currency') }}
    left join {{ ref('int_rates_scaled') }} as rates
        on with_definitions.definition_currency = rates.currency
        and {{ plus_days('with_definitions.next_month_starts_on', -1) }} = rates.date_on
)

select
    scaled.kpi,
    scaled.variant,
    cast(scaled.period as string) as period,
    scaled.month_starts_on as period_start_on,
    scaled.next_month_starts_on as period_end_on,
    scaled.segment,
    scaled.cohort_basis,
    scaled.basis,
    scaled.numerator,
    scaled.denominator,
    scaled.value,
    scaled.n,
    coalesce(scaled.low, scaled.bootstrap_low) as low,
    coalesce(scaled.high, scaled.bootstrap_high) as high,
    cast(
        case
            when scaled.low is not null then 'wilson'
            when scaled.bootstrap_low is not null then 'bootstrap by ' || scaled.resampling_unit
        end as string
    ) as interval_method,
    scaled.unit,
    cast(coalesce(scaled.target_low, scaled.target_high) * scaled.factor as decimal(38, 9)) as target,
    cast(scaled.target_low * scaled.factor as decimal(38, 9)) as target_low,
    cast(scaled.target_high * scaled.factor as decimal(38, 9)) as target_high,
    cast(coalesce(scaled.benchmark_low, scaled.benchmark_high) * scaled.factor as decimal(38, 9)) as benchmark,
    cast(scaled.benchmark_low * scaled.factor as decimal(38, 9)) as benchmark_low,
    cast(scaled.benchmark_high * scaled.factor as decimal(38, 9)) as benchmark_high,
    scaled.direction,
    cast(scaled.owner as string) as owner,
    case when scaled.is_money then {{ build_fact('reporting_currency') }} end as currency,
    {{ build_fact('vat_basis') }} as vat_basis,
    cast({{ policy('close_event') }} as string) as close_event,
    cast({{ policy('revenue_event') }} as string) as revenue_event,
    case when scaled.cohort_basis is null then {{ build_fact('evaluated_at') }} >= scaled.ends_at else scaled.is_mature end as is_mature,
    scaled.missing_reason,
    scaled.definition_version,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from scaled
