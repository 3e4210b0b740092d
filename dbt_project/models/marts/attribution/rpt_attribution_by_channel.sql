-- the textbook totals of a chain (D55): all that touches earned in a month, split by the removal effects of the whole chain. They
-- move credit to channels that a journey never met, so they have no touch to stand in the ledger with, nor a month of touches
with to_split as (
    select
        totals.attribution_model,
        totals.conversion_kind,
        totals.journey_level,
        totals.level_asked,
        totals.month_starts_on,
        totals.month_basis,
        sum(totals.credited_conversions) as credited_conversions,
        sum(totals.credited_minor) as credited_minor,
        sum(totals.credits_without_money) as credits_without_money
    from {{ ref('int_channel_credits') }} as totals
    inner join {{ ref('int_attribution_models_enabled') }} as models
        on totals.attribution_model = models.attribution_model and models.rule = 'markov'
    where totals.month_basis = 'conversion' and totals.channel <> '(unattributed)'
    group by
        totals.attribution_model, totals.conversion_kind, totals.journey_level, totals.level_asked, totals.month_starts_on, totals.month_basis
),

effects as (
    select
        removal_effects.attribution_model,
        removal_effects.conversion_kind,
        removal_effects.level_asked,
        removal_effects.channel,
        removal_effects.effect_parts as parts,
        sum(removal_effects.effect_parts) over (
            partition by removal_effects.attribution_model, removal_effects.conversion_kind, removal_effects.level_asked
            order by removal_effects.channel
            rows between unbounded preceding and current row
        ) as parts_through,
        sum(removal_effects.effect_parts) over (
            partition by removal_effects.attribution_model, removal_effects.conversion_kind, removal_effects.level_asked
        ) as parts_total
    from {{ ref('stg_ml__removal_effects') }} as removal_effects
),

removal_units as (
    select
        to_split.*,
        effects.channel,
        cast(effects.parts_through - effects.parts as bigint) as parts_before,
        cast(effects.parts_through as bigint) as parts_through,
        cast(effects.parts_total as bigint) as parts_total,
        cast(to_split.credited_conversions * 1000000000000 as bigint) as conversion_units
    from to_split
    inner join effects
        on to_split.attribution_model = effects.attribution_model
        and to_split.conversion_kind = effects.conversion_kind
        and to_split.level_asked = effects.level_asked
    where effects.parts_total > 0
),

removal_totals as (
    select
        removal_units.attribution_model || '_removal' as attribution_model,
        removal_units.conversion_kind,
        removal_units.journey_level,
        removal_units.level_asked,
        removal_units.channel,
        removal_units.month_starts_on,
        removal_units.month_basis,
        {{ sign_of('removal_units.conversion_units') }}
        * {{ apportion('abs(removal_units.conversion_units)', 'removal_units.parts_before', 'removal_units.parts_through', 'removal_units.parts_total') | indent(8) }}
            as conversion_units,
        {{ sign_of('removal_units.credited_minor') }}
        * {{ apportion('abs(cast(removal_units.credited_minor as bigint))', 'removal_units.parts_before', 'removal_units.parts_through', 'removal_units.parts_total') | indent(8) }}
            as credited_minor,
        removal_units.credits_without_money
    from removal_units
),

all_totals as (
    select
        totals.attribution_model, totals.conversion_kind, totals.journey_level, totals.level_asked, totals.channel, totals.month_starts_on,
        totals.month_basis, cast(totals.credited_conversions as decimal(38, 12)) as credited_conversions,
        cast(totals.credited_minor as bigint) as credited_minor, totals.credits_without_money
    from {{ ref('int_channel_credits') }} as totals
    union all
    select
        removal_totals.attribution_model, removal_totals.conversion_kind, removal_totals.journey_level, removal_totals.level_asked, removal_totals.channel,
        removal_totals.month_starts_on, removal_totals.month_basis,
        cast(
            cast(removal_totals.conversion_units as decimal(25, 0)) * cast('0.000000000001' as decimal(12, 12))
            as decimal(38, 12)
        ) as credited_conversions,
        cast(removal_totals.credited_minor as bigint) as credited_minor, removal_totals.credits_without_money
    from removal_totals
    union all
    -- what nobody earned is nobody's without a channel too
    select
        totals.attribution_model || '_removal' as attribution_model, totals.conversion_kind, totals.journey_level, totals.level_asked, totals.channel,
        totals.month_starts_on, totals.month_basis, cast(totals.credited_conversions as decimal(38, 12)) as credited_conversions,
        cast(totals.credited_minor as bigint) as credited_minor, totals.credits_without_money
    from {{ ref('int_channel_credits') }} as totals
    inner join {{ ref('int_attribution_models_enabled') }} as models
        on totals.attribution_model = models.attribution_model and models.rule = 'markov'
    where totals.month_basis = 'conversion' and totals.channel = '(unattributed)'
)

select
    all_totals.attribution_model,
    all_totals.conversion_kind,
    all_totals.journey_level,
    all_totals.level_asked,
    all_totals.channel,
    all_totals.month_starts_on as month,
    all_totals.month_basis,
    all_totals.credited_conversions,
    all_totals.credited_minor,
    cast(all_totals.credits_without_money as bigint) as credits_without_money,
    costs.cost_minor,
    case when costs.cost_minor is null then 'no_cost_data' end as cost_missing_reason,
    {{ build_fact('reporting_currency') }} as currency,
    {{ build_fact('build_id') }} as build_id
from all_totals
left join {{ ref('int_channel_costs') }} as costs
    on all_totals.channel = costs.channel and all_totals.month_starts_on = costs.month_starts_on
