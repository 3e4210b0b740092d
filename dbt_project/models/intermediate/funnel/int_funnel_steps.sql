-- Pairs of stages that cohorts are counted for, each on both cohort bases, with the maturity window (D14): the step's
-- own in a step cohort, that of lead -> `to` in a lead cohort. A pair without a window has no maturity (null).
with pairs as (
    select
        view_steps.from_stage,
        view_steps.to_stage
    from {{ ref('int_funnel_view_steps') }} as view_steps
    where view_steps.from_stage not in ('visit', 'engaged')
    union
    select
        windows.from_stage,
        windows.to_stage
    from {{ ref('stg_definitions__step_windows') }} as windows
    where {{ holds_on('windows', evaluation_date()) }}
    union
    select
        stages.stage as from_stage,
        {{ policy('close_event') }} as to_stage
    from {{ ref('int_stages_ranked') }} as stages
    where stages.stage in ('lead', 'sql', 'proposal')
),

current_windows as (
    select
        windows.from_stage,
        windows.to_stage,
        windows.cohort_basis,
        windows.window_days
    from {{ ref('stg_definitions__step_windows') }} as windows
    where {{ holds_on('windows', evaluation_date()) }}
)

select
    pairs.from_stage,
    pairs.to_stage,
    'step' as cohort_basis,
    step_windows.window_days
from pairs
left join current_windows as step_windows
    on pairs.from_stage = step_windows.from_stage
    and pairs.to_stage = step_windows.to_stage
    and step_windows.cohort_basis = 'step'
union all
select
    pairs.from_stage,
    pairs.to_stage,
    'lead' as cohort_basis,
    coalesce(lead_windows.window_days, step_windows.window_days) as window_days
from pairs
left join current_windows as lead_windows
    on lead_windows.from_stage = 'lead'
    and pairs.to_stage = lead_windows.to_stage
    and lead_windows.cohort_basis = 'lead'
left join current_windows as step_windows
    on step_windows.from_stage = 'lead'
    and pairs.to_stage = step_windows.to_stage
    and step_windows.cohort_basis = 'step'
