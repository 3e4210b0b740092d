with credits as (
    select
        ledger.attribution_model,
        ledger.conversion_kind,
        ledger.journey_level,
        coalesce(ledger.channel, '(unattributed)') as channel,
        ledger.credited_on,
        coalesce({{ local_date('ledger.touched_at') }}, ledger.credited_on) as touched_on,
        ledger.weight * ledger.conversion_count as credited_conversions,
        ledger.credited_minor
    from {{ ref('fct_attribution_credits') }} as ledger
),

-- counted by day before the calendar joins: the ledger is the only long relation here
by_day as (
    select
        credits.attribution_model,
        credits.conversion_kind,
        credits.journey_level,
        credits.channel,
        credits.credited_on,
        credits.touched_on,
        sum(credits.credited_conversions) as credited_conversions,
        sum(credits.credited_minor) as credited_minor,
        sum(case when credits.credited_minor is null then 1 else 0 end) as credits_without_money
    from credits
    group by
        credits.attribution_model, credits.conversion_kind, credits.journey_level, credits.channel,
        credits.credited_on, credits.touched_on
),

on_both_bases as (
    select
        by_day.attribution_model, by_day.conversion_kind, by_day.journey_level, by_day.channel,
        'conversion' as month_basis, by_day.credited_on as dated_on,
        by_day.credited_conversions, by_day.credited_minor, by_day.credits_without_money
    from by_day
    union all
    select
        by_day.attribution_model, by_day.conversion_kind, by_day.journey_level, by_day.channel,
        'touch' as month_basis, by_day.touched_on as dated_on,
        by_day.credited_conversions, by_day.credited_minor, by_day.credits_without_money
    from by_day
),

-- months with cost and no credit are rows too: money spent for nothing must not vanish from the report
spent as (
    select
        series.attribution_model, series.conversion_kind, series.journey_level, costs.channel,
        series.month_basis, costs.month_starts_on,
        0 as credited_conversions, 0 as credited_minor, 0 as credits_without_money
    from (
        select
            on_both_bases.attribution_model, on_both_bases.conversion_kind, on_both_bases.journey_level, on_both_bases.month_basis
        from on_both_bases
        group by
            on_both_bases.attribution_model, on_both_bases.conversion_kind, on_both_bases.journey_level, on_both_bases.month_basis
    ) as series
    cross join {{ ref('int_channel_costs') }} as costs
),

dated as (
    select
        on_both_bases.attribution_model, on_both_bases.conversion_kind, on_both_bases.journey_level, on_both_bases.channel,
        on_both_bases.month_basis, days.month_starts_on,
        on_both_bases.credited_conversions, on_both_bases.credited_minor, on_both_bases.credits_without_money
    from on_both_bases
    inner join {{ ref('int_days') }} as days
        on on_both_bases.dated_on = days.date_on
    union all
    select
        spent.attribution_model, spent.conversion_kind, spent.journey_level, spent.channel,
        spent.month_basis, spent.month_starts_on,
        spent.credited_conversions, spent.credited_minor, spent.credits_without_money
    from spent
),

totals as (
    select
        dated.attribution_model,
        dated.conversion_kind,
        dated.journey_level,
        dated.channel,
        dated.month_starts_on,
        dated.month_basis,
        sum(dated.credited_conversions) as credited_conversions,
        sum(dated.credited_minor) as credited_minor,
        sum(dated.credits_without_money) as credits_without_money
    from dated
    group by
        dated.attribution_model, dated.conversion_kind, dated.journey_level, dated.channel,
        dated.month_starts_on, dated.month_basis
),

-- the textbook totals of a chain (D55): all that touches earned in a month, split by the removal effects of the whole chain. They
-- move credit to channels that a journey never met, so they have no touch to stand in the ledger with, nor a month of touches
to_split as (
    select
        totals.attribution_model,
        totals.conversion_kind,
        totals.journey_level,
        totals.month_starts_on,
        totals.month_basis,
        sum(totals.credited_conversions) as credited_conversions,
        sum(totals.credited_minor) as credited_minor,
        sum(totals.credits_without_money) as credits_without_money
    from totals
    inner join {{ ref('int_attribution_models_enabled') }} as models
        on totals.attribution_model = models.attribution_model and models.rule = 'markov'
    where totals.month_basis = 'conversion' and totals.channel <> '(unattributed)'
    group by
        totals.attribution_model, totals.conversion_kind, totals.journey_level, totals.month_starts_on, totals.month_basis
),

effects as (
    select
        removal_effects.attribution_model,
        removal_effects.conversion_kind,
        removal_effects.channel,
        removal_effects.effect_parts as parts,
        sum(removal_effects.effect_parts) over (
            partition by removal_effects.attribution_model, removal_effects.conversion_kind
            order by removal_effects.channel
            rows between unbounded preceding and current row
        ) as parts_through,
        sum(removal_effects.effect_parts) over (
            partition by removal_effects.attribution_model, removal_effects.conversion_kind
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
        on to_split.attribution_model = effects.attribution_model and to_split.conversion_kind = effects.conversion_kind
    where effects.parts_total > 0
),

removal_totals as (
    select
        removal_units.attribution_model || '_removal' as attribution_model,
        removal_units.conversion_kind,
        removal_units.journey_level,
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
        totals.attribution_model, totals.conversion_kind, totals.journey_level, totals.channel, totals.month_starts_on,
        totals.month_basis, cast(totals.credited_conversions as decimal(38, 12)) as credited_conversions,
        cast(totals.credited_minor as bigint) as credited_minor, totals.credits_without_money
    from totals
    union all
    select
        removal_totals.attribution_model, removal_totals.conversion_kind, removal_totals.journey_level, removal_totals.channel,
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
        totals.attribution_model || '_removal' as attribution_model, totals.conversion_kind, totals.journey_level, totals.channel,
        totals.month_starts_on, totals.month_basis, cast(totals.credited_conversions as decimal(38, 12)) as credited_conversions,
        cast(totals.credited_minor as bigint) as credited_minor, totals.credits_without_money
    from totals
    inner join {{ ref('int_attribution_models_enabled') }} as models
        on totals.attribution_model = models.attribution_model and models.rule = 'markov'
    where totals.month_basis = 'conversion' and totals.channel = '(unattributed)'
)

select
    all_totals.attribution_model,
    all_totals.conversion_kind,
    all_totals.journey_level,
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
