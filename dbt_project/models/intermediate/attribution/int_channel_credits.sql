-- What each model credits to a channel in a month, by the month of the conversion and by that of the touch (D56).
with on_both_bases as (
    select
        by_day.attribution_model, by_day.conversion_kind, by_day.journey_level, by_day.level_asked, by_day.channel,
        'conversion' as month_basis, by_day.credited_on as dated_on,
        by_day.credited_conversions, by_day.credited_minor, by_day.credits_without_money
    from {{ ref('int_credits_daily') }} as by_day
    union all
    select
        by_day.attribution_model, by_day.conversion_kind, by_day.journey_level, by_day.level_asked, by_day.channel,
        'touch' as month_basis, by_day.touched_on as dated_on,
        by_day.credited_conversions, by_day.credited_minor, by_day.credits_without_money
    from {{ ref('int_credits_daily') }} as by_day
),

-- months with cost and no credit are rows too: money spent for nothing must not vanish from the report
spent as (
    select
        series.attribution_model, series.conversion_kind, series.journey_level, series.level_asked, costs.channel,
        series.month_basis, costs.month_starts_on,
        0 as credited_conversions, 0 as credited_minor, 0 as credits_without_money
    from (
        select
            on_both_bases.attribution_model, on_both_bases.conversion_kind, on_both_bases.journey_level, on_both_bases.level_asked, on_both_bases.month_basis
        from on_both_bases
        group by
            on_both_bases.attribution_model, on_both_bases.conversion_kind, on_both_bases.journey_level, on_both_bases.level_asked, on_both_bases.month_basis
    ) as series
    cross join {{ ref('int_channel_costs') }} as costs
),

dated as (
    select
        on_both_bases.attribution_model, on_both_bases.conversion_kind, on_both_bases.journey_level, on_both_bases.level_asked, on_both_bases.channel,
        on_both_bases.month_basis, days.month_starts_on,
        on_both_bases.credited_conversions, on_both_bases.credited_minor, on_both_bases.credits_without_money
    from on_both_bases
    inner join {{ ref('int_days') }} as days
        on on_both_bases.dated_on = days.date_on
    union all
    select
        spent.attribution_model, spent.conversion_kind, spent.journey_level, spent.level_asked, spent.channel,
        spent.month_basis, spent.month_starts_on,
        spent.credited_conversions, spent.credited_minor, spent.credits_without_money
    from spent
)

select
    dated.attribution_model,
    dated.conversion_kind,
    dated.journey_level,
    dated.level_asked,
    dated.channel,
    dated.month_starts_on,
    dated.month_basis,
    cast(sum(dated.credited_conversions) as decimal(38, 12)) as credited_conversions,
    cast(sum(dated.credited_minor) as bigint) as credited_minor,
    cast(sum(dated.credits_without_money) as bigint) as credits_without_money
from dated
group by
    dated.attribution_model, dated.conversion_kind, dated.journey_level, dated.level_asked, dated.channel,
    dated.month_starts_on, dated.month_basis
