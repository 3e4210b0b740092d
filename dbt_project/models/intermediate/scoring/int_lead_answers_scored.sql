with days as (
    select distinct moments.scored_on
    from {{ ref('int_lead_moments_dated') }} as moments
),

levels_of_day as (
    select
        days.scored_on,
        matrix.criterion,
        matrix.criterion_position,
        matrix.level,
        matrix.points,
        matrix.definition_version
    from days
    inner join {{ ref('stg_definitions__matrix') }} as matrix
        on {{ holds_on('matrix', 'days.scored_on') }}
),

criteria_of_day as (
    select
        levels_of_day.scored_on,
        levels_of_day.criterion,
        min(levels_of_day.criterion_position) as criterion_position,
        max(levels_of_day.points) as maximum_points,
        max(levels_of_day.definition_version) as definition_version
    from levels_of_day
    group by levels_of_day.scored_on, levels_of_day.criterion
),

answers_known_by_recency as (
    select
        moments.lead_id,
        moments.moment,
        answers.criterion,
        answers.level,
        answers.answered_at,
        row_number() over (
            partition by moments.lead_id, moments.moment, answers.criterion
            order by answers.answered_at desc, answers.answer_id desc
        ) as recency
    from {{ ref('int_lead_moments_dated') }} as moments
    inner join {{ ref('scoring_answers') }} as answers
        on answers.lead_id = moments.lead_id and answers.answered_at <= moments.scored_at
),

latest_answers as (
    select
        answers_known_by_recency.lead_id,
        answers_known_by_recency.moment,
        answers_known_by_recency.criterion,
        answers_known_by_recency.level,
        answers_known_by_recency.answered_at
    from answers_known_by_recency
    where answers_known_by_recency.recency = 1
)

select
    moments.lead_id,
    moments.moment,
    criteria_of_day.criterion,
    criteria_of_day.criterion_position,
    latest_answers.answered_at,
    latest_answers.level,
    coalesce(levels_of_day.points, 0) as points,
    criteria_of_day.maximum_points,
    gates.min_points as gate_min_points,
    levels_of_day.points is null as is_missing,
    criteria_of_day.definition_version
from {{ ref('int_lead_moments_dated') }} as moments
inner join criteria_of_day
    on criteria_of_day.scored_on = moments.scored_on
left join latest_answers
    on latest_answers.lead_id = moments.lead_id
        and latest_answers.moment = moments.moment
        and latest_answers.criterion = criteria_of_day.criterion
left join levels_of_day
    on levels_of_day.scored_on = moments.scored_on
        and levels_of_day.criterion = criteria_of_day.criterion
        and levels_of_day.level = latest_answers.level
left join {{ ref('stg_definitions__matrix_gates') }} as gates
    on gates.criterion = criteria_of_day.criterion
        and {{ holds_on('gates', 'moments.scored_on') }}
