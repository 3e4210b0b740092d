-- Answers at the hand-over, criterion by criterion (D24): those recorded at or before it, by the matrix valid on that day.
with moments as (
    select
        episodes.lead_id,
        episodes.episode,
        episodes.handed_over_at as scored_at,
        episodes.handed_over_on as scored_on
    from {{ ref('int_handover_episodes') }} as episodes
)

select scored.*
from (
    {{ answers_scored('moments', key=['lead_id', 'episode']) | indent(4) }}
) as scored
