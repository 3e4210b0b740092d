-- Hand-over episodes with the matrix's score, band and type at the hand-over (D20 to D24, D30).
with sums as (
    select
        scored.lead_id,
        scored.episode,
        cast(sum(scored.points) as bigint) as points,
        cast(sum(scored.maximum_points) as bigint) as maximum_points,
        cast(sum(case when scored.is_missing then scored.maximum_points else scored.points end) as bigint) as points_if_best,
        max(case when scored.points < scored.gate_min_points then 1 else 0 end) = 1 as fails_gate,
        cast(sum(case when scored.is_missing then 1 else 0 end) as bigint) as missing_criteria,
        max(scored.definition_version) as definition_version
    from {{ ref('int_handovers_scored') }} as scored
    group by scored.lead_id, scored.episode
),

days as (
    select distinct episodes.handed_over_on
    from {{ ref('int_handover_episodes') }} as episodes
),

bands_of_day as (
    select
        days.handed_over_on,
        bands.scale,
        bands.band,
        bands.lower_bound,
        bands.handover_type
    from days
    inner join {{ ref('stg_definitions__policies') }} as policies
        on policies.name = 'matrix_scale' and {{ holds_on('policies', 'days.handed_over_on') }}
    inner join {{ ref('stg_definitions__matrix_bands') }} as bands
        on policies.value = bands.scale and {{ holds_on('bands', 'days.handed_over_on') }}
),

bounds_of_day as (
    select
        bands_of_day.handed_over_on,
        bands_of_day.scale,
        max(case when bands_of_day.band = 'review' then bands_of_day.lower_bound end) as review_lower_bound,
        max(case when bands_of_day.band = 'hot' then bands_of_day.lower_bound end) as hot_lower_bound
    from bands_of_day
    group by bands_of_day.handed_over_on, bands_of_day.scale
),

graded as (
    select
        episodes.lead_id,
        episodes.episode,
        episodes.handed_over_on,
        case bounds_of_day.scale
            when 'normalised100' then {{ ratio('sums.points * 100', 'sums.maximum_points') }}
            else cast(sums.points as decimal(38, 9))
        end as score,
        case bounds_of_day.scale
            when 'normalised100' then {{ ratio('sums.points_if_best * 100', 'sums.maximum_points') }}
            else cast(sums.points_if_best as decimal(38, 9))
        end as score_if_best,
        sums.fails_gate,
        sums.missing_criteria,
        {{ has_reached_bound('sums.points', 'sums.maximum_points', 'bounds_of_day.hot_lower_bound', 'bounds_of_day.scale') }} as is_hot,
        {{ has_reached_bound('sums.points', 'sums.maximum_points', 'bounds_of_day.review_lower_bound', 'bounds_of_day.scale') }}
            as is_review,
        {{ has_reached_bound('sums.points_if_best', 'sums.maximum_points', 'bounds_of_day.review_lower_bound', 'bounds_of_day.scale') }}
            as could_be_review,
        sums.definition_version
    from {{ ref('int_handover_episodes') }} as episodes
    inner join sums
        on episodes.lead_id = sums.lead_id and episodes.episode = sums.episode
    inner join bounds_of_day
        on episodes.handed_over_on = bounds_of_day.handed_over_on
),

banded as (
    select
        graded.*,
        graded.is_hot and graded.fails_gate as gate_failed,
        case
            when graded.is_hot and not graded.fails_gate then 'hot'
            when graded.is_hot or graded.is_review then 'review'
            else 'cold'
        end as band
    from graded
)

select
    episodes.lead_id,
    episodes.episode,
    cast(bands_of_day.handover_type as string) as handover_type,
    cast(banded.band as string) as band,
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
    banded.score,
    banded.score_if_best,
    banded.gate_failed,
    banded.missing_criteria,
    banded.band = 'cold' and banded.could_be_review as is_cold_because_unknown,
    episodes.definition_version,
    banded.definition_version as matrix_version
from {{ ref('int_handover_episodes') }} as episodes
left join banded
    on episodes.lead_id = banded.lead_id and episodes.episode = banded.episode
left join bands_of_day
    on banded.handed_over_on = bands_of_day.handed_over_on and banded.band = bands_of_day.band
