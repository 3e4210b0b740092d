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
)

select
    totals.attribution_model,
    totals.conversion_kind,
    totals.journey_level,
    totals.channel,
    totals.month_starts_on as month,
    totals.month_basis,
    cast(totals.credited_conversions as decimal(38, 12)) as credited_conversions,
    cast(totals.credited_minor as bigint) as credited_minor,
    cast(totals.credits_without_money as bigint) as credits_without_money,
    costs.cost_minor,
    case when costs.cost_minor is null then 'no_cost_data' end as cost_missing_reason,
    {{ build_fact('reporting_currency') }} as currency,
    {{ build_fact('build_id') }} as build_id
from totals
left join {{ ref('int_channel_costs') }} as costs
    on totals.channel = costs.channel and totals.month_starts_on = costs.month_starts_on
