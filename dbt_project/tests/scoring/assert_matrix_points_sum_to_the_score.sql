{#- On the raw scale a matrix score is the sum of its points, nothing else (D20). -#}
with sums as (
    select
        points.lead_id,
        points.moment,
        sum(points.points) as points
    from {{ ref('fct_lead_score_points') }} as points
    where points.scorer = 'matrix'
    group by points.lead_id, points.moment
)

select
    scores.lead_id,
    scores.moment,
    scores.score,
    sums.points
from {{ ref('fct_lead_scores') }} as scores
inner join {{ ref('int_lead_features') }} as features
    on features.lead_id = scores.lead_id and features.moment = scores.moment
left join sums
    on sums.lead_id = scores.lead_id and sums.moment = scores.moment
where scores.scorer = 'matrix'
    and features.matrix_scale = 'raw110'
    and (sums.points is null or scores.score <> sums.points)
