-- Credit by the day of its revenue row and the day of its touch: the ledger is the only long relation of the channel report, and
-- it is read once.
with credits as (
    select
        ledger.attribution_model,
        ledger.conversion_kind,
        ledger.journey_level,
        ledger.level_asked,
        coalesce(ledger.channel, '(unattributed)') as channel,
        ledger.credited_on,
        coalesce({{ local_date('ledger.touched_at') }}, ledger.credited_on) as touched_on,
        ledger.weight * ledger.conversion_count as credited_conversions,
        ledger.credited_minor
    from {{ ref('fct_attribution_credits') }} as ledger
)

select
    credits.attribution_model,
    credits.conversion_kind,
    credits.journey_level,
    credits.level_asked,
    credits.channel,
    credits.credited_on,
    credits.touched_on,
    cast(sum(credits.credited_conversions) as decimal(38, 12)) as credited_conversions,
    cast(sum(credits.credited_minor) as bigint) as credited_minor,
    cast(sum(case when credits.credited_minor is null then 1 else 0 end) as bigint) as credits_without_money
from credits
group by
    credits.attribution_model, credits.conversion_kind, credits.journey_level, credits.level_asked, credits.channel,
    credits.credited_on, credits.touched_on
