with counted as (
    select
        figures.month_starts_on,
        figures.owner_id,
        figures.metric,
        cast(count(*) as bigint) as n,
        cast(sum(figures.numerator) as bigint) as numerator,
        cast(sum(figures.denominator) as bigint) as denominator,
        median(figures.value) as median_value
    from {{ ref('int_rep_figures') }} as figures
    group by grouping sets (
        (figures.month_starts_on, figures.owner_id, figures.metric),
        (figures.owner_id, figures.metric)
    )
),

months as (
    select
        days.month_starts_on,
        min(days.period) as period
    from {{ ref('int_days') }} as days
    group by days.month_starts_on
),

valued as (
    select
        coalesce(months.period, '(all)') as period,
        counted.month_starts_on,
        counted.owner_id,
        owners.owner_name,
        owners.team,
        counted.metric,
        counted.numerator,
        counted.denominator,
        counted.n,
        counted.metric in (
            'first_touch_in_time', 'acceptance_in_time', 'required_fields_filled', 'reasons_filled', 'reasons_supported', 'objections_handled',
            'handover_to_sql', 'sql_to_close'
        ) as is_proportion,
        case
            when counted.metric = 'acceptance_seconds' then cast(floor(counted.median_value) as decimal(38, 9))
            else {{ ratio('counted.numerator', 'counted.denominator') }}
        end as value
    from counted
    left join months
        on counted.month_starts_on = months.month_starts_on
    left join {{ ref('int_owners_merged') }} as owners
        on counted.owner_id = owners.owner_id
)

select
    cast(valued.period as string) as period,
    valued.month_starts_on as period_start_on,
    valued.owner_id,
    valued.owner_name,
    valued.team,
    cast(valued.metric as string) as metric,
    valued.numerator,
    valued.denominator,
    valued.value,
    valued.n,
    case when valued.is_proportion then {{ wilson_bound('valued.numerator', 'valued.denominator', '-') }} end as low,
    case when valued.is_proportion then {{ wilson_bound('valued.numerator', 'valued.denominator', '+') }} end as high,
    cast(
        case
            when valued.metric = 'acceptance_seconds' then 'seconds'
            when valued.metric = 'attempts_per_handover' then 'count'
            else 'ratio'
        end as string
    ) as unit,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from valued
