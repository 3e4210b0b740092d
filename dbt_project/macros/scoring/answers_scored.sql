{#- Points of every criterion of the matrix at each moment of `moments`, answered or not (D20, D24): the latest answer at or before
    `scored_at`, the matrix valid on the local date `scored_on`. `moments` has lead_id, the columns of `key` (what a moment is known
    by), scored_at and scored_on.

    Returns the key, criterion, criterion_position, answered_at, level, points, maximum_points, gate_min_points, is_missing and
    definition_version. -#}
{% macro answers_scored(moments, key) -%}
with days as (
    select distinct moments.scored_on
    from {{ moments }} as moments
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
        {%- for column in key %}
        moments.{{ column }},
        {%- endfor %}
        answers.criterion,
        answers.level,
        answers.answered_at,
        row_number() over (
            partition by {% for column in key %}moments.{{ column }}, {% endfor %}answers.criterion
            order by answers.answered_at desc, answers.answer_id desc
        ) as recency
    from {{ moments }} as moments
    inner join {{ ref('scoring_answers') }} as answers
        on answers.lead_id = moments.lead_id and answers.answered_at <= moments.scored_at
),

latest_answers as (
    select
        {%- for column in key %}
        answers_known_by_recency.{{ column }},
        {%- endfor %}
        answers_known_by_recency.criterion,
        answers_known_by_recency.level,
        answers_known_by_recency.answered_at
    from answers_known_by_recency
    where answers_known_by_recency.recency = 1
)

select
    {%- for column in key %}
    moments.{{ column }},
    {%- endfor %}
    criteria_of_day.criterion,
    criteria_of_day.criterion_position,
    latest_answers.answered_at,
    latest_answers.level,
    coalesce(levels_of_day.points, 0) as points,
    criteria_of_day.maximum_points,
    gates.min_points as gate_min_points,
    levels_of_day.points is null as is_missing,
    criteria_of_day.definition_version
from {{ moments }} as moments
inner join criteria_of_day
    on criteria_of_day.scored_on = moments.scored_on
left join latest_answers
    on {% for column in key %}latest_answers.{{ column }} = moments.{{ column }} and {% endfor %}latest_answers.criterion = criteria_of_day.criterion
left join levels_of_day
    on levels_of_day.scored_on = moments.scored_on
        and levels_of_day.criterion = criteria_of_day.criterion
        and levels_of_day.level = latest_answers.level
left join {{ ref('stg_definitions__matrix_gates') }} as gates
    on gates.criterion = criteria_of_day.criterion
        and {{ holds_on('gates', 'moments.scored_on') }}
{%- endmacro %}
