-- the totals of the data-driven models by channel (D54, D55): all that touches earned in a month, split by what the whole chain loses
-- without a channel, or by the Shapley values of its conversion rate. They move credit to channels that a journey never met, so they
-- have no touch to stand in the ledger with, nor a month of touches
with effects as (
    select
        channel_effects.base_model,
        channel_effects.attribution_model,
        channel_effects.conversion_kind,
        channel_effects.level_asked,
        channel_effects.channel,
        channel_effects.effect_parts as parts,
        sum(channel_effects.effect_parts) over (
            partition by channel_effects.attribution_model, channel_effects.conversion_kind, channel_effects.level_asked
            order by channel_effects.channel
            rows between unbounded preceding and current row
        ) as parts_through,
        sum(channel_effects.effect_parts) over (
            partition by channel_effects.attribution_model, channel_effects.conversion_kind, channel_effects.level_asked
        ) as parts_total
    from {{ ref('int_channel_effects') }} as channel_effects
    where channel_effects.effect_parts is not null
),

splits as (
    select
        effects.base_model,
        effects.attribution_model,
        effects.conversion_kind,
        effects.level_asked
    from effects
    where effects.parts_total > 0
    group by effects.base_model, effects.attribution_model, effects.conversion_kind, effects.level_asked
),

-- too many channels for exact values: no total at all (`rpt_channel_effects` says so)
without_values as (
    select
        channel_effects.base_model,
        channel_effects.conversion_kind,
        channel_effects.level_asked
    from {{ ref('int_channel_effects') }} as channel_effects
    where channel_effects.missing_reason is not null
    group by channel_effects.base_model, channel_effects.conversion_kind, channel_effects.level_asked
),

to_split as (
    select
        splits.attribution_model,
        totals.conversion_kind,
        totals.journey_level,
        totals.level_asked,
        totals.month_starts_on,
        totals.month_basis,
        sum(totals.credited_conversions) as credited_conversions,
        sum(totals.credited_minor) as credited_minor,
        sum(totals.credits_without_money) as credits_without_money
    from {{ ref('int_channel_credits') }} as totals
    inner join splits
        on totals.attribution_model = splits.base_model
        and totals.conversion_kind = splits.conversion_kind
        and totals.level_asked = splits.level_asked
    where totals.month_basis = 'conversion' and totals.channel <> '(unattributed)'
    group by
        splits.attribution_model, totals.conversion_kind, totals.journey_level, totals.level_asked, totals.month_starts_on,
        totals.month_basis
),

split_units as (
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

split_totals as (
    select
        split_units.attribution_model,
        split_units.conversion_kind,
        split_units.journey_level,
        split_units.level_asked,
        split_units.channel,
        split_units.month_starts_on,
        split_units.month_basis,
        {{ sign_of('split_units.conversion_units') }}
        * {{ apportion('abs(split_units.conversion_units)', 'split_units.parts_before', 'split_units.parts_through', 'split_units.parts_total') | indent(8) }}
            as conversion_units,
        {{ sign_of('split_units.credited_minor') }}
        * {{ apportion('abs(cast(split_units.credited_minor as bigint))', 'split_units.parts_before', 'split_units.parts_through', 'split_units.parts_total') | indent(8) }}
            as credited_minor,
        split_units.credits_without_money
    from split_units
),

all_totals as (
    select
        totals.attribution_model, totals.conversion_kind, totals.journey_level, totals.level_asked, totals.channel, totals.month_starts_on,
        totals.month_basis, cast(totals.credited_conversions as decimal(38, 12)) as credited_conversions,
        cast(totals.credited_minor as bigint) as credited_minor, totals.credits_without_money
    from {{ ref('int_channel_credits') }} as totals
    union all
    select
        split_totals.attribution_model, split_totals.conversion_kind, split_totals.journey_level, split_totals.level_asked, split_totals.channel,
        split_totals.month_starts_on, split_totals.month_basis,
        cast(
            cast(split_totals.conversion_units as decimal(25, 0)) * cast('0.000000000001' as decimal(12, 12))
            as decimal(38, 12)
        ) as credited_conversions,
        cast(split_totals.credited_minor as bigint) as credited_minor, split_totals.credits_without_money
    from split_totals
    union all
    -- what nobody earned is nobody's without a channel too
    select
        totals.attribution_model || case models.rule when 'markov' then '_removal' else '_rate' end as attribution_model,
        totals.conversion_kind, totals.journey_level, totals.level_asked, totals.channel,
        totals.month_starts_on, totals.month_basis, cast(totals.credited_conversions as decimal(38, 12)) as credited_conversions,
        cast(totals.credited_minor as bigint) as credited_minor, totals.credits_without_money
    from {{ ref('int_channel_credits') }} as totals
    inner join {{ ref('int_attribution_models_enabled') }} as models
        on totals.attribution_model = models.attribution_model and models.rule in ('markov', 'shapley')
    left join without_values
        on totals.attribution_model = without_values.base_model
        and totals.conversion_kind = without_values.conversion_kind
        and totals.level_asked = without_values.level_asked
    where totals.month_basis = 'conversion' and totals.channel = '(unattributed)' and without_values.base_model is null
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
