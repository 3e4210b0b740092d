select
    cast(lead_id as string) as lead_id,
    cast(scorer as string) as scorer,
    cast(moment as string) as moment,
    cast(scored_at as timestamp) as scored_at,
    cast(score as decimal(38, 9)) as score,
    cast(score_if_best as decimal(38, 9)) as score_if_best,
    cast(band as string) as band,
    cast(gate_failed as boolean) as gate_failed,
    cast(missing_criteria as bigint) as missing_criteria,
    cast(is_cold_because_unknown as boolean) as is_cold_because_unknown,
    cast(probability as decimal(38, 9)) as probability,
    cast(expected_minor as bigint) as expected_minor,
    cast(sample as string) as sample,
    cast(definition_version as string) as definition_version,
    cast(model_version as string) as model_version,
    cast(is_exploration as boolean) as is_exploration
from {{ source('ml', 'lead_scores') }}
