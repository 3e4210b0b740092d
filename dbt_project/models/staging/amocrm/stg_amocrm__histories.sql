-- A table, because several models read it.
{{ config(materialized='table') }}

-- What the passages of a lead come to (D6a): it is a deal from its first entry into the opportunity stage or, where that was
-- skipped, into a later one of the main chain.
with passages as (
    select * from {{ ref('stg_amocrm__stage_passages') }}
),

mapped as (
    {{ mapped_stages('passages') | indent(4) }}
),

stages_in_force as (
    select
        stages.stage,
        stages.position,
        stages.is_main_chain
    from {{ ref('stg_definitions__stages') }} as stages
    where {{ holds_on('stages', evaluation_date()) }}
),

opportunity as (
    select min(stages_in_force.position) as position
    from {{ ref('stg_definitions__stage_map') }} as stage_map
    inner join stages_in_force
        on stage_map.stage = stages_in_force.stage
    where stage_map.is_opportunity
),

ranked as (
    select
        mapped.account,
        mapped.lead_id,
        mapped.stage,
        mapped.entered_at,
        mapped.is_opportunity or (stages_in_force.is_main_chain and stages_in_force.position > opportunity.position)
            as is_of_a_deal,
        row_number() over (
            partition by mapped.account, mapped.lead_id
            order by mapped.entered_at desc, mapped.source_sequence desc
        ) as recency
    from mapped
    inner join stages_in_force
        on mapped.stage = stages_in_force.stage
    cross join opportunity
)

select
    ranked.account,
    ranked.lead_id,
    min(case when ranked.is_of_a_deal then ranked.entered_at end) as opportunity_at,
    max(case when ranked.recency = 1 then ranked.stage end) as stage,
    max(case when ranked.stage = 'lost' then ranked.entered_at end) as lost_at,
    max(case when ranked.stage in ('won', 'paid') then ranked.entered_at end) as won_at
from ranked
group by ranked.account, ranked.lead_id
