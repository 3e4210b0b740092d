-- Weight of every kind of touch of every team under each model of rule `custom`: the row that names both beats the one that
-- names the kind, that beats the one that names the team, that beats the one for all; without any the weight is 0 (D54).
with models as (
    select models.attribution_model
    from {{ ref('int_attribution_models_enabled') }} as models
    where models.rule = 'custom'
),

kinds_met as (
    select
        touches.kind,
        touches.team
    from {{ ref('int_touches_channelled') }} as touches
    group by touches.kind, touches.team
),

weights as (
    select
        weights.attribution_model,
        weights.kind,
        weights.team,
        cast(weights.weight * 1000000 as bigint) as weight_millionths
    from {{ ref('stg_definitions__custom_weights') }} as weights
    where {{ holds_on('weights', evaluation_date()) }}
),

candidates as (
    select
        models.attribution_model,
        kinds_met.kind,
        kinds_met.team,
        weights.weight_millionths,
        row_number() over (
            partition by models.attribution_model, kinds_met.kind, kinds_met.team
            order by
                case when weights.kind = kinds_met.kind then 0 else 1 end,
                case when weights.team = kinds_met.team then 0 else 1 end
        ) as choice
    from models
    cross join kinds_met
    left join weights
        on models.attribution_model = weights.attribution_model
        and (weights.kind = kinds_met.kind or weights.kind = '*')
        and (weights.team = kinds_met.team or weights.team = '*')
)

select
    candidates.attribution_model,
    candidates.kind,
    candidates.team,
    coalesce(candidates.weight_millionths, 0) as weight_millionths
from candidates
where candidates.choice = 1
