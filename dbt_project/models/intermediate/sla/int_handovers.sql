-- Hand-over episodes with the matrix's score, band and type at the hand-over (D20 to D24, D30).
with moments as (
    select
        episodes.lead_id,
        episodes.episode,
        episodes.handed_over_on as scored_on
    from {{ ref('int_handover_episodes') }} as episodes
),

banded as (
    {{ scores_banded('moments', ref('int_handovers_scored'), key=['lead_id', 'episode']) | indent(4) }}
)

select
    episodes.lead_id,
    episodes.episode,
    cast(bands.handover_type as string) as handover_type,
    banded.band,
    episodes.handed_over_at,
    episodes.accepted_at,
    episodes.is_accepted_implied,
    episodes.ended_at,
    episodes.outcome,
    episodes.return_reason,
    episodes.owner_id,
    episodes.source_system,
    episodes.source_record_key,
    episodes.is_outcome_implied,
    episodes.source_reason,
    case banded.scale
        when 'normalised100' then {{ ratio('banded.points * 100', 'banded.maximum_points') }}
        else cast(banded.points as decimal(38, 9))
    end as score,
    case banded.scale
        when 'normalised100' then {{ ratio('banded.points_if_best * 100', 'banded.maximum_points') }}
        else cast(banded.points_if_best as decimal(38, 9))
    end as score_if_best,
    banded.gate_failed,
    banded.missing_criteria,
    banded.is_cold_because_unknown,
    episodes.definition_version,
    banded.definition_version as matrix_version
from {{ ref('int_handover_episodes') }} as episodes
left join banded
    on episodes.lead_id = banded.lead_id and episodes.episode = banded.episode
left join {{ ref('stg_definitions__matrix_bands') }} as bands
    on banded.scale = bands.scale
    and banded.band = bands.band
    and {{ holds_on('bands', 'episodes.handed_over_on') }}
