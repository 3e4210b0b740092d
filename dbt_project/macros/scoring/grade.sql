{#- Whether a sum of points has reached a bound (D21). On `normalised100` the sum is not divided before it is compared: points x 100
    >= bound x maximum says the same without rounding. -#}
{% macro has_reached_bound(points, maximum_points, lower_bound, scale) -%}
    case {{ scale }}
        when 'raw110' then {{ points }} >= {{ lower_bound }}
        when 'normalised100' then {{ points }} * 100 >= {{ lower_bound }} * {{ maximum_points }}
    end
{%- endmacro %}

{#- Scale in force and lower bounds of the bands on it, for each local date `scored_on` of `moments` (D21). -#}
{% macro bounds_of_day(moments) -%}
select
    days.scored_on,
    bands.scale,
    max(case when bands.band = 'review' then bands.lower_bound end) as review_lower_bound,
    max(case when bands.band = 'hot' then bands.lower_bound end) as hot_lower_bound
from (
    select distinct moments.scored_on
    from {{ moments }} as moments
) as days
inner join {{ ref('stg_definitions__policies') }} as policies
    on policies.name = 'matrix_scale' and {{ holds_on('policies', 'days.scored_on') }}
inner join {{ ref('stg_definitions__matrix_bands') }} as bands
    on policies.value = bands.scale and {{ holds_on('bands', 'days.scored_on') }}
group by days.scored_on, bands.scale
{%- endmacro %}

{#- Score and band at each moment of `moments` (D20 to D23); gates act after the score. `moments` has the columns of `key` (what a
    moment is known by) and scored_on; `answers` has a row per moment and criterion, as `answers_scored` returns them.

    Returns the key, scale, points, points_if_best (missing criteria at their maximum), maximum_points, missing_criteria, band,
    gate_failed, is_cold_because_unknown and definition_version. A moment on a day without a matrix or without bounds has no row. -#}
{% macro scores_banded(moments, answers, key) -%}
with bounds_of_day as (
    {{ bounds_of_day(moments) | indent(4) }}
),

sums as (
    select
        {%- for column in key %}
        answers.{{ column }},
        {%- endfor %}
        cast(sum(answers.points) as bigint) as points,
        cast(sum(answers.maximum_points) as bigint) as maximum_points,
        cast(sum(case when answers.is_missing then answers.maximum_points else answers.points end) as bigint) as points_if_best,
        max(case when answers.points < answers.gate_min_points then 1 else 0 end) = 1 as fails_gate,
        cast(sum(case when answers.is_missing then 1 else 0 end) as bigint) as missing_criteria,
        max(answers.definition_version) as definition_version
    from {{ answers }} as answers
    group by {% for column in key %}answers.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
),

graded as (
    select
        sums.*,
        bounds_of_day.scale,
        {{ has_reached_bound('sums.points', 'sums.maximum_points', 'bounds_of_day.hot_lower_bound', 'bounds_of_day.scale') }} as is_hot,
        {{ has_reached_bound('sums.points', 'sums.maximum_points', 'bounds_of_day.review_lower_bound', 'bounds_of_day.scale') }}
            as is_review,
        {{ has_reached_bound('sums.points_if_best', 'sums.maximum_points', 'bounds_of_day.review_lower_bound', 'bounds_of_day.scale') }}
            as could_be_review
    from {{ moments }} as moments
    inner join sums
        on {% for column in key %}sums.{{ column }} = moments.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    inner join bounds_of_day
        on bounds_of_day.scored_on = moments.scored_on
)

select
    {%- for column in key %}
    graded.{{ column }},
    {%- endfor %}
    graded.scale,
    graded.points,
    graded.points_if_best,
    graded.maximum_points,
    graded.missing_criteria,
    cast(case
        when graded.is_hot and not graded.fails_gate then 'hot'
        when graded.is_hot or graded.is_review then 'review'
        else 'cold'
    end as string) as band,
    graded.is_hot and graded.fails_gate as gate_failed,
    not graded.is_hot and not graded.is_review and graded.could_be_review as is_cold_because_unknown,
    graded.definition_version
from graded
{%- endmacro %}
