{{ config(materialized=view_or_spark_table()) }}
-- Touches up to the evaluation of every owner who has not converted in some chain of a level: the paths that end in nothing (D55).
-- An owner is the account where the level is that and a member has one, else the member; only people convert on their own, also where
-- the level is the deal, for there was none. `chains_converted` says which chains the owner has no such path in.
with levels as (
    select
        chains.journey_level,
        cast(sum(chains.bit) as bigint) as bits
    from {{ ref('int_attribution_chains') }} as chains
    group by chains.journey_level
),

touches_until_now as (
    select
        levels.journey_level,
        levels.bits,
        {{ path_owner('levels.journey_level', 'touches') | indent(8) }} as owner_id,
        touches.touch_id,
        touches.occurred_at,
        coalesce(touches.source_sequence, 0) as source_sequence,
        touches.channel,
        {{ seconds_between('touches.occurred_at', build_fact('evaluated_at')) }} as age_seconds
    from {{ ref('int_touches_channelled') }} as touches
    cross join levels
    where touches.is_creditable
        and touches.collapsed_into is null
        and touches.member_id is not null
        and (levels.journey_level = 'account' or not (touches.member_id like 'deal:%' or touches.member_id like 'account:%'))
)

select
    touches_until_now.journey_level,
    touches_until_now.owner_id,
    coalesce(converted.chains_converted, 0) as chains_converted,
    touches_until_now.touch_id,
    touches_until_now.occurred_at,
    touches_until_now.source_sequence,
    touches_until_now.channel,
    touches_until_now.age_seconds
from touches_until_now
left join {{ ref('int_owners_converted') }} as converted
    on touches_until_now.journey_level = converted.journey_level and touches_until_now.owner_id = converted.owner_id
-- whoever converted in every chain of the level has no open path, and most touches need no sorting for it
where coalesce(converted.chains_converted, 0) < touches_until_now.bits
