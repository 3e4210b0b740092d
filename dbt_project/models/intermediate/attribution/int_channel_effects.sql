-- What the data-driven models know of a channel in a chain: what is lost without it (D55), and what it adds to the conversion rate (D54).
-- Each has a name of its own beside that of its model in the ledger.
select
    removal_effects.attribution_model as base_model,
    removal_effects.attribution_model || '_removal' as attribution_model,
    removal_effects.conversion_kind,
    removal_effects.level_asked,
    removal_effects.channel,
    removal_effects.conversion_probability as conversion_rate,
    removal_effects.removal_effect as effect,
    removal_effects.effect_parts,
    cast(null as string) as missing_reason
from {{ ref('stg_ml__removal_effects') }} as removal_effects
union all
select
    shapley_values.attribution_model as base_model,
    shapley_values.attribution_model || '_rate' as attribution_model,
    shapley_values.conversion_kind,
    shapley_values.level_asked,
    shapley_values.channel,
    shapley_values.conversion_rate,
    shapley_values.shapley_value as effect,
    shapley_values.effect_parts,
    shapley_values.missing_reason
from {{ ref('stg_ml__shapley_values') }} as shapley_values
