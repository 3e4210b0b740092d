-- Stages in force on the evaluation date; `chain_rank` counts the main chain from 1 (`lead`), null for the others.
with current_stages as (
    select stages.*
    from {{ ref('stg_definitions__stages') }} as stages
    where {{ holds_on('stages', evaluation_date()) }}
)

select
    current_stages.stage,
    current_stages.position,
    current_stages.is_main_chain,
    case
        when current_stages.is_main_chain
            then cast(row_number() over (partition by current_stages.is_main_chain order by current_stages.position) as bigint)
    end as chain_rank,
    current_stages.owner_team,
    current_stages.view_a,
    current_stages.view_b,
    current_stages.view_c,
    current_stages.definition_version
from current_stages
