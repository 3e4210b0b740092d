-- Cohorts of a step (D12), the period ratio beside (D13), maturity and the time-boxed rate (D14).
-- One row per cohort basis, step, month and channel (`(all)` = every channel).
with steps as (
    select *
    from {{ ref('int_funnel_steps') }}
),

members as (
    select
        steps.cohort_basis,
        steps.from_stage,
        steps.to_stage,
        case steps.cohort_basis when 'lead' then from_entries.created_month_starts_on else from_entries.reached_month_starts_on end
            as month_starts_on,
        from_entries.channel,
        case when to_entries.lead_id is not null then 1 else 0 end as is_converted,
        case when to_entries.is_implied then 1 else 0 end as is_implied,
        case
            when {{ plus_days('from_entries.reached_at', 'steps.window_days') }} <= {{ build_fact('evaluated_at') }} then 1
            else 0
        end as is_exposed,
        case
            when {{ seconds_between('from_entries.reached_at', 'to_entries.reached_at') }} <= steps.window_days * 86400 then 1
            else 0
        end as is_within_window
    from steps
    inner join {{ ref('int_stage_entries') }} as from_entries
        on steps.from_stage = from_entries.stage
    left join {{ ref('int_stage_entries') }} as to_entries
        on from_entries.lead_id = to_entries.lead_id
        and steps.to_stage = to_entries.stage
        and to_entries.reached_at >= from_entries.reached_at
),

cohorts as (
    select
        members.cohort_basis,
        members.from_stage,
        members.to_stage,
        members.month_starts_on,
        coalesce(members.channel, '(all)') as channel,
        sum(members.is_converted) as numerator,
        sum(members.is_implied) as numerator_implied,
        count(*) as denominator,
        sum(members.is_exposed) as exposed,
        sum(members.is_exposed * members.is_within_window) as numerator_within_window
    from members
    group by grouping sets (
        (members.cohort_basis, members.from_stage, members.to_stage, members.month_starts_on, members.channel),
        (members.cohort_basis, members.from_stage, members.to_stage, members.month_starts_on)
    )
),

period_entries as (
    select
        entries.stage,
        entries.reached_month_starts_on as month_starts_on,
        coalesce(entries.channel, '(all)') as channel,
        count(*) as entries
    from {{ ref('int_stage_entries') }} as entries
    group by grouping sets (
        (entries.stage, entries.reached_month_starts_on, entries.channel),
        (entries.stage, entries.reached_month_starts_on)
    )
),

-- Every month and channel in which anything happened has every step, so that a missing step reads 0 of 0, not as a gap.
months as (
    select
        period_entries.month_starts_on,
        period_entries.channel
    from period_entries
    union
    select
        cohorts.month_starts_on,
        cohorts.channel
    from cohorts
),

month_ends as (
    select distinct
        days.month_starts_on,
        days.next_month_starts_on,
        days.period
    from {{ ref('int_days') }} as days
)

select
    steps.cohort_basis,
    steps.from_stage,
    steps.to_stage,
    months.month_starts_on,
    month_ends.next_month_starts_on,
    month_ends.period,
    months.channel,
    cast(coalesce(cohorts.numerator, 0) as bigint) as numerator,
    cast(coalesce(cohorts.numerator_implied, 0) as bigint) as numerator_implied,
    cast(coalesce(cohorts.denominator, 0) as bigint) as denominator,
    cast(coalesce(to_entries.entries, 0) as bigint) as period_numerator,
    cast(coalesce(from_entries.entries, 0) as bigint) as period_denominator,
    steps.window_days,
    {{ build_fact('evaluated_at') }}
    >= {{ local_midnight(plus_days('month_ends.next_month_starts_on', 'steps.window_days')) }} as is_mature,
    case when steps.window_days is not null then cast(coalesce(cohorts.numerator_within_window, 0) as bigint) end
        as numerator_within_window,
    case when steps.window_days is not null then cast(coalesce(cohorts.exposed, 0) as bigint) end as exposed
from months
cross join steps
inner join month_ends
    on months.month_starts_on = month_ends.month_starts_on
left join cohorts
    on months.month_starts_on = cohorts.month_starts_on
    and months.channel = cohorts.channel
    and steps.cohort_basis = cohorts.cohort_basis
    and steps.from_stage = cohorts.from_stage
    and steps.to_stage = cohorts.to_stage
left join period_entries as from_entries
    on months.month_starts_on = from_entries.month_starts_on
    and months.channel = from_entries.channel
    and steps.from_stage = from_entries.stage
left join period_entries as to_entries
    on months.month_starts_on = to_entries.month_starts_on
    and months.channel = to_entries.channel
    and steps.to_stage = to_entries.stage
