-- The matrix score of a lead at every instant at which an answer was recorded (D20–D24): by the latest answers known then
-- and the definitions valid on that local date. An answer older than its lead counts from the lead's creation on. A change
-- of the definitions alone is no moment: nothing was recorded about the lead.
with answers_known as (
    select
        answers.lead_id,
        answers.criterion,
        answers.level,
        answers.answer_id,
        answers.source_system,
        answers.source_record_key,
        greatest(answers.answered_at, leads.created_at) as known_at,
        answers.answered_at
    from {{ ref('scoring_answers') }} as answers
    inner join {{ ref('leads') }} as leads
        on answers.lead_id = leads.lead_id
    where not coalesce(leads.is_duplicate, false)
        and not coalesce(leads.is_test, false)
        and answers.answered_at <= {{ build_fact('evaluated_at') }}
        and leads.created_at <= {{ build_fact('evaluated_at') }}
),

answers_by_recency as (
    select
        answers_known.*,
        row_number() over (
            partition by answers_known.lead_id, answers_known.criterion, answers_known.known_at
            order by answers_known.answered_at desc, answers_known.answer_id desc
        ) as recency
    from answers_known
),

answers_lasting as (
    select
        answers_by_recency.*,
        lead(answers_by_recency.known_at) over (
            partition by answers_by_recency.lead_id, answers_by_recency.criterion order by answers_by_recency.known_at
        ) as replaced_at
    from answers_by_recency
    where answers_by_recency.recency = 1
),

moments as (
    select
        answers_lasting.lead_id,
        answers_lasting.known_at as scored_at,
        max(answers_lasting.source_system) as source_system,
        max(answers_lasting.source_record_key) as source_record_key
    from answers_lasting
    group by answers_lasting.lead_id, answers_lasting.known_at
),

dated_moments as (
    select
        moments.*,
        {{ local_date('moments.scored_at') }} as scored_on
    from moments
),

days as (
    select distinct dated_moments.scored_on
    from dated_moments
),

levels_of_day as (
    select
        days.scored_on,
        matrix.criterion,
        matrix.level,
        matrix.points,
        max(matrix.points) over (partition by days.scored_on, matrix.criterion) as maximum_points,
        matrix.definition_version
    from days
    inner join {{ ref('stg_definitions__matrix') }} as matrix
        on {{ holds_on('matrix', 'days.scored_on') }}
),

criteria_of_day as (
    select
        levels_of_day.scored_on,
        levels_of_day.criterion,
        max(levels_of_day.maximum_points) as maximum_points,
        max(levels_of_day.definition_version) as definition_version
    from levels_of_day
    group by levels_of_day.scored_on, levels_of_day.criterion
),

gates_of_day as (
    select
        days.scored_on,
        gates.criterion,
        gates.min_points
    from days
    inner join {{ ref('stg_definitions__matrix_gates') }} as gates
        on {{ holds_on('gates', 'days.scored_on') }}
    where gates.min_points > 0
),

maxima_of_day as (
    select
        criteria_of_day.scored_on,
        cast(sum(criteria_of_day.maximum_points) as bigint) as maximum_score,
        max(criteria_of_day.definition_version) as definition_version
    from criteria_of_day
    group by criteria_of_day.scored_on
),

gate_counts_of_day as (
    select
        gates_of_day.scored_on,
        count(*) as gates
    from gates_of_day
    group by gates_of_day.scored_on
),

bounds_of_day as (
    select
        days.scored_on,
        bands.scale,
        max(case when bands.band = 'review' then bands.lower_bound end) as review_lower_bound,
        max(case when bands.band = 'hot' then bands.lower_bound end) as hot_lower_bound
    from days
    inner join {{ ref('stg_definitions__policies') }} as policies
        on policies.name = 'matrix_scale' and {{ holds_on('policies', 'days.scored_on') }}
    inner join {{ ref('stg_definitions__matrix_bands') }} as bands
        on policies.value = bands.scale and {{ holds_on('bands', 'days.scored_on') }}
    group by days.scored_on, bands.scale
),

points_known as (
    select
        moments.lead_id,
        moments.scored_at,
        levels_of_day.points,
        levels_of_day.maximum_points,
        case when levels_of_day.points >= gates_of_day.min_points then 1 else 0 end as passes_gate
    from dated_moments as moments
    inner join answers_lasting
        on moments.lead_id = answers_lasting.lead_id
        and moments.scored_at >= answers_lasting.known_at
        and (answers_lasting.replaced_at is null or moments.scored_at < answers_lasting.replaced_at)
    inner join levels_of_day
        on moments.scored_on = levels_of_day.scored_on
        and answers_lasting.criterion = levels_of_day.criterion
        and answers_lasting.level = levels_of_day.level
    left join gates_of_day
        on moments.scored_on = gates_of_day.scored_on
        and answers_lasting.criterion = gates_of_day.criterion
),

sums as (
    select
        points_known.lead_id,
        points_known.scored_at,
        cast(sum(points_known.points) as bigint) as score,
        cast(sum(points_known.maximum_points) as bigint) as maximum_answered,
        sum(points_known.passes_gate) as gates_passed
    from points_known
    group by points_known.lead_id, points_known.scored_at
),

-- A criterion without an answer gives 0 points (D20); an emptied answer is none.
scored as (
    select
        moments.lead_id,
        moments.scored_at,
        moments.source_system,
        moments.source_record_key,
        maxima_of_day.definition_version,
        maxima_of_day.maximum_score,
        bounds_of_day.scale,
        bounds_of_day.review_lower_bound,
        bounds_of_day.hot_lower_bound,
        coalesce(sums.score, 0) as score,
        maxima_of_day.maximum_score - coalesce(sums.maximum_answered, 0) + coalesce(sums.score, 0) as score_if_best,
        coalesce(sums.gates_passed, 0) < coalesce(gate_counts_of_day.gates, 0) as fails_gate
    from dated_moments as moments
    inner join maxima_of_day
        on moments.scored_on = maxima_of_day.scored_on
    inner join bounds_of_day
        on moments.scored_on = bounds_of_day.scored_on
    left join gate_counts_of_day
        on moments.scored_on = gate_counts_of_day.scored_on
    left join sums
        on moments.lead_id = sums.lead_id
        and moments.scored_at = sums.scored_at
),

graded as (
    select
        scored.*,
        {{ has_reached_bound('scored.score', 'scored.maximum_score', 'scored.hot_lower_bound', 'scored.scale') }} as is_hot,
        {{ has_reached_bound('scored.score', 'scored.maximum_score', 'scored.review_lower_bound', 'scored.scale') }} as is_review,
        {{ has_reached_bound('scored.score_if_best', 'scored.maximum_score', 'scored.review_lower_bound', 'scored.scale') }} as could_be_review
    from scored
)

select
    graded.lead_id,
    graded.scored_at,
    cast(graded.score as bigint) as score,
    cast(graded.score_if_best as bigint) as score_if_best,
    cast(case
        when graded.is_hot and not graded.fails_gate then 'hot'
        when graded.is_hot or graded.is_review then 'review'
        else 'cold'
    end as string) as band,
    graded.is_hot and graded.fails_gate as gate_failed,
    not graded.is_hot and not graded.is_review and graded.could_be_review as is_cold_because_unknown,
    graded.definition_version,
    graded.source_system,
    graded.source_record_key
from graded
