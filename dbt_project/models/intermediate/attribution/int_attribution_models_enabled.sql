-- Models in force with the window their journeys are read in. Models of one lookback and one way to read the path share one
-- journey; one without a half-life joins the journey of any decay model of its lookback, so that the touches are numbered once, not twice.
with in_force as (
    select
        models.attribution_model,
        models.rule,
        coalesce(models.first_share, 0) as first_share,
        coalesce(models.lead_created_share, 0) as lead_created_share,
        coalesce(models.opportunity_created_share, 0) as opportunity_created_share,
        coalesce(models.last_share, 0) as last_share,
        coalesce(models.rest_share, 0) as rest_share,
        case when models.rule = 'time_decay' then coalesce(models.half_life_days, 30) end as half_life_days,
        coalesce(models.lookback_days, 365) as lookback_days,
        coalesce(models.markov_order, 1) as markov_order,
        coalesce(models.path_transform, 'none') as path_transform,
        coalesce(models.drops_direct, false) as drops_direct,
        models.definition_version
    from {{ ref('stg_definitions__attribution_models') }} as models
    where coalesce(models.is_enabled, false) and {{ holds_on('models', evaluation_date()) }}
),

-- half-life 0 where no decay model shares the lookback: then no decay part is ever read
windowed as (
    select
        in_force.*,
        coalesce(
            in_force.half_life_days,
            min(in_force.half_life_days) over (
                partition by in_force.lookback_days, in_force.path_transform, in_force.drops_direct
            ),
            0
        ) as journey_half_life_days
    from in_force
)

select
    windowed.attribution_model,
    windowed.rule,
    windowed.first_share,
    windowed.lead_created_share,
    windowed.opportunity_created_share,
    windowed.last_share,
    windowed.rest_share,
    windowed.lookback_days,
    windowed.path_transform,
    windowed.drops_direct,
    windowed.markov_order,
    windowed.journey_half_life_days as half_life_days,
    cast(dense_rank() over (
        order by windowed.lookback_days, windowed.path_transform, windowed.drops_direct, windowed.journey_half_life_days
    ) as bigint) as window_key,
    windowed.definition_version
from windowed
