with cohort_rows as (
    select
        view_steps.view,
        cohorts.month_starts_on,
        cohorts.period,
        cohorts.cohort_basis,
        cohorts.channel,
        view_steps.step_position,
        view_steps.from_stage,
        view_steps.to_stage,
        cohorts.numerator,
        cohorts.numerator_implied,
        cohorts.denominator,
        cohorts.period_numerator,
        cohorts.period_denominator,
        cohorts.is_mature,
        cohorts.window_days,
        cohorts.numerator_within_window,
        cohorts.exposed
    from {{ ref('int_funnel_view_steps') }} as view_steps
    inner join {{ ref('int_step_cohorts') }} as cohorts
        on view_steps.from_stage = cohorts.from_stage
        and view_steps.to_stage = cohorts.to_stage
),

-- Steps before `lead`: visitors of the month, no cohort.
visit_rows as (
    select
        view_steps.view,
        visits.month_starts_on,
        days.period,
        'step' as cohort_basis,
        '(all)' as channel,
        view_steps.step_position,
        view_steps.from_stage,
        view_steps.to_stage,
        cast(null as bigint) as numerator,
        cast(null as bigint) as numerator_implied,
        cast(null as bigint) as denominator,
        case view_steps.to_stage when 'engaged' then visits.engaged_visitors else visits.people_with_lead end as period_numerator,
        case view_steps.from_stage when 'engaged' then visits.engaged_visitors else visits.visitors end as period_denominator,
        cast(null as boolean) as is_mature,
        cast(null as bigint) as window_days,
        cast(null as bigint) as numerator_within_window,
        cast(null as bigint) as exposed
    from {{ ref('int_funnel_view_steps') }} as view_steps
    cross join {{ ref('int_visits_counted') }} as visits
    inner join {{ ref('int_days') }} as days
        on visits.month_starts_on = days.date_on
    where view_steps.from_stage in ('visit', 'engaged')
),

all_rows as (
    select * from cohort_rows
    union all
    select * from visit_rows
)

select
    cast(all_rows.view as string) as view,
    all_rows.month_starts_on as cohort_month,
    cast(all_rows.period as string) as period,
    cast(all_rows.cohort_basis as string) as cohort_basis,
    cast(all_rows.channel as string) as channel,
    all_rows.step_position,
    cast(all_rows.from_stage as string) as from_stage,
    cast(all_rows.to_stage as string) as to_stage,
    all_rows.numerator,
    all_rows.denominator,
    {{ ratio('all_rows.numerator', 'all_rows.denominator') }} as rate,
    all_rows.numerator_implied,
    all_rows.period_numerator,
    all_rows.period_denominator,
    {{ ratio('all_rows.period_numerator', 'all_rows.period_denominator') }} as period_rate,
    all_rows.is_mature,
    all_rows.window_days,
    all_rows.numerator_within_window,
    all_rows.exposed,
    {{ ratio('all_rows.numerator_within_window', 'all_rows.exposed') }} as rate_within_window,
    cast({{ policy('close_event') }} as string) as close_event,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from all_rows
