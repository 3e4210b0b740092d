-- The matrix score of a lead at every instant at which an answer was recorded (D20–D24): by the latest answers known then
-- and the definitions valid on that local date. An answer older than its lead counts from the lead's creation on. A change
-- of the definitions alone is no moment: nothing was recorded about the lead.
with answers_known as (
    select
        answers.lead_id,
        greatest(answers.answered_at, leads.created_at) as scored_at,
        answers.source_system,
        answers.source_record_key
    from {{ ref('scoring_answers') }} as answers
    inner join {{ ref('leads') }} as leads
        on answers.lead_id = leads.lead_id
    where not coalesce(leads.is_duplicate, false)
        and not coalesce(leads.is_test, false)
        and answers.answered_at <= {{ build_fact('evaluated_at') }}
        and leads.created_at <= {{ build_fact('evaluated_at') }}
),

moments as (
    select
        answers_known.lead_id,
        answers_known.scored_at,
        {{ local_date('answers_known.scored_at') }} as scored_on,
        max(answers_known.source_system) as source_system,
        max(answers_known.source_record_key) as source_record_key
    from answers_known
    group by answers_known.lead_id, answers_known.scored_at
),

scored as (
    {{ answers_scored('moments', key=['lead_id', 'scored_at']) | indent(4) }}
),

banded as (
    {{ scores_banded('moments', 'scored', key=['lead_id', 'scored_at']) | indent(4) }}
)

select
    banded.lead_id,
    banded.scored_at,
    banded.points as score,
    banded.points_if_best as score_if_best,
    banded.band,
    banded.gate_failed,
    banded.is_cold_because_unknown,
    banded.definition_version,
    moments.source_system,
    moments.source_record_key
from banded
inner join moments
    on banded.lead_id = moments.lead_id and banded.scored_at = moments.scored_at
