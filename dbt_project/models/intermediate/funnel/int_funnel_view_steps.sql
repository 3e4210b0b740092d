-- Steps of the funnel views (D10a): neighbouring stages of a view, with the close event in place of `won` (D15), and
-- the score's own pair around `sql_candidate` (D10).
with placed as (
    select
        'A' as view,
        view_a as view_position,
        stage
    from {{ ref('int_stages_ranked') }}
    where view_a is not null
    union all
    select
        'B' as view,
        view_b as view_position,
        stage
    from {{ ref('int_stages_ranked') }}
    where view_b is not null
    union all
    select
        'C' as view,
        view_c as view_position,
        stage
    from {{ ref('int_stages_ranked') }}
    where view_c is not null
),

steps as (
    select
        placed.view,
        placed.view_position,
        case placed.stage when 'won' then {{ policy('close_event') }} else placed.stage end as from_stage,
        lead(case placed.stage when 'won' then {{ policy('close_event') }} else placed.stage end)
            over (partition by placed.view order by placed.view_position) as to_stage
    from placed
    union all
    select
        'sql_candidate' as view,
        1 as view_position,
        'mql' as from_stage,
        'sql_candidate' as to_stage
    union all
    select
        'sql_candidate' as view,
        2 as view_position,
        'sql_candidate' as from_stage,
        'sql' as to_stage
)

select
    cast(steps.view as string) as view,
    cast(steps.view_position as bigint) as step_position,
    cast(steps.from_stage as string) as from_stage,
    cast(steps.to_stage as string) as to_stage
from steps
where steps.to_stage is not null
