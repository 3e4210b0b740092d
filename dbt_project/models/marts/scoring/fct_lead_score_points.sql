with all_points as (
    select
        points.lead_id,
        points.scorer,
        points.moment,
        points.criterion,
        points.level,
        points.points,
        points.is_missing,
        points.log_odds,
        points.points_against_average
    from {{ ref('stg_ml__lead_score_points') }} as points
    union all
    select
        scored.lead_id,
        'matrix' as scorer,
        'handover' as moment,
        scored.criterion,
        scored.level,
        cast(scored.points as decimal(38, 9)) as points,
        scored.is_missing,
        cast(null as decimal(38, 9)) as log_odds,
        cast(null as decimal(38, 9)) as points_against_average
    from {{ ref('int_handovers_scored') }} as scored
    inner join {{ ref('fct_lead_scores') }} as scores
        on scored.lead_id = scores.lead_id
        and scores.scorer = 'matrix'
        and scores.moment = 'handover'
    where scored.episode = 1
)

select
    all_points.lead_id,
    cast(all_points.scorer as string) as scorer,
    cast(all_points.moment as string) as moment,
    all_points.criterion,
    all_points.level,
    all_points.points,
    all_points.is_missing,
    all_points.log_odds,
    all_points.points_against_average,
    {{ build_fact('build_id') }} as build_id
from all_points
