-- Conversions are time-boxed (D14): of the leads that have had their window the share that reached the stage inside it, so that a
-- month of yesterday says as much as one of last year.
with stages as (
    select
        windows.to_stage,
        windows.window_days
    from {{ ref('stg_definitions__step_windows') }} as windows
    where windows.from_stage = 'lead'
        and windows.cohort_basis = 'lead'
        and windows.to_stage in ('sql', 'won')
        and {{ holds_on('windows', evaluation_date()) }}
),

members as (
    select
        attempted.lead_id,
        attempted.reaction_band,
        attempted.reaction_band_position,
        case
            when attempted.first_attempt_at is null then 'never'
            when attempted.is_next_day then 'next_day'
            else 'same_day'
        end as promptness,
        days.month_starts_on,
        days.period,
        attempted.created_at
    from {{ ref('int_leads_attempted') }} as attempted
    inner join {{ ref('int_days') }} as days
        on attempted.created_on = days.date_on
),

placed as (
    select
        members.lead_id,
        members.month_starts_on,
        members.period,
        members.created_at,
        'reaction_band' as dimension,
        members.reaction_band as value,
        case members.reaction_band when 'never' then 99 else members.reaction_band_position end as position
    from members
    union all
    select
        members.lead_id,
        members.month_starts_on,
        members.period,
        members.created_at,
        'next_day' as dimension,
        members.promptness as value,
        case members.promptness when 'same_day' then 1 when 'next_day' then 2 else 99 end as position
    from members
),

converted as (
    select
        placed.month_starts_on,
        placed.period,
        placed.dimension,
        placed.value,
        placed.position,
        stages.to_stage,
        stages.window_days,
        case when {{ plus_days('placed.created_at', 'stages.window_days') }} <= {{ build_fact('evaluated_at') }} then 1 else 0 end
            as is_exposed,
        case
            when {{ plus_days('placed.created_at', 'stages.window_days') }} <= {{ build_fact('evaluated_at') }}
                and {{ seconds_between('placed.created_at', 'reached.reached_at') }} <= stages.window_days * 86400 then 1
            else 0
        end as is_converted
    from placed
    cross join stages
    left join {{ ref('int_leads_reached') }} as reached
        on placed.lead_id = reached.lead_id and stages.to_stage = reached.stage
),

counted as (
    select
        converted.month_starts_on,
        coalesce(converted.period, '(all)') as period,
        converted.dimension,
        converted.value,
        min(converted.position) as position,
        converted.to_stage,
        min(converted.window_days) as window_days,
        count(*) as leads,
        sum(converted.is_exposed) as n,
        sum(converted.is_converted) as numerator
    from converted
    group by grouping sets (
        (converted.month_starts_on, converted.period, converted.dimension, converted.value, converted.to_stage),
        (converted.dimension, converted.value, converted.to_stage)
    )
)

select
    cast(counted.period as string) as period,
    counted.month_starts_on as period_start_on,
    cast(counted.dimension as string) as dimension,
    cast(counted.value as string) as value,
    cast(counted.position as bigint) as position,
    cast(counted.to_stage as string) as to_stage,
    counted.window_days,
    cast(counted.leads as bigint) as leads,
    cast(counted.n as bigint) as n,
    cast(counted.numerator as bigint) as numerator,
    {{ ratio('counted.numerator', 'counted.n') }} as rate,
    {{ wilson_bound('counted.numerator', 'counted.n', '-') }} as low,
    {{ wilson_bound('counted.numerator', 'counted.n', '+') }} as high,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from counted
