{%- set window_days = 'cast(' ~ policy('revived_window_days') ~ ' as bigint)' %}

with counted as (
    select
        days.month_starts_on,
        days.next_month_starts_on,
        days.period,
        coalesce(recycled.channel, '(all)') as channel,
        count(*) as returned_leads,
        sum(case when recycled.returns > 1 then 1 else 0 end) as returned_again,
        sum(case when recycled.revived_at is not null then 1 else 0 end) as revived,
        sum(case when recycled.fate = 'won' then 1 else 0 end) as won,
        sum(case when recycled.fate = 'revived_open' then 1 else 0 end) as revived_open,
        sum(case when recycled.fate = 'revived_lost' then 1 else 0 end) as revived_lost,
        sum(case when recycled.fate = 'revived_returned' then 1 else 0 end) as revived_returned,
        sum(case when recycled.fate = 'nurtured' then 1 else 0 end) as nurtured,
        sum(case when recycled.fate = 'lost' then 1 else 0 end) as lost,
        sum(recycled.won_minor) as won_minor,
        cast(round(median({{ seconds_between('recycled.returned_at', 'recycled.revived_at') }}), 0) as bigint) as median_seconds
    from {{ ref('int_leads_recycled') }} as recycled
    inner join {{ ref('int_days') }} as days
        on recycled.returned_on = days.date_on
    group by grouping sets (
        (days.month_starts_on, days.next_month_starts_on, days.period, recycled.channel),
        (days.month_starts_on, days.next_month_starts_on, days.period)
    )
)

select
    counted.month_starts_on as cohort_month,
    cast(counted.period as string) as period,
    cast(counted.channel as string) as channel,
    cast(counted.returned_leads as bigint) as returned_leads,
    cast(counted.returned_again as bigint) as returned_again,
    cast(counted.revived as bigint) as revived,
    {{ ratio('counted.revived', 'counted.returned_leads') }} as revived_rate,
    {{ wilson_bound('counted.revived', 'counted.returned_leads', '-') }} as revived_low,
    {{ wilson_bound('counted.revived', 'counted.returned_leads', '+') }} as revived_high,
    {{ ratio('counted.median_seconds', '86400') }} as median_days_to_revival,
    cast(counted.won as bigint) as won,
    cast(counted.revived_open as bigint) as revived_open,
    cast(counted.revived_lost as bigint) as revived_lost,
    cast(counted.revived_returned as bigint) as revived_returned,
    cast(counted.nurtured as bigint) as nurtured,
    cast(counted.lost as bigint) as lost,
    cast(counted.won_minor as bigint) as won_minor,
    cast({{ build_fact('reporting_currency') }} as string) as currency,
    {{ window_days }} as window_days,
    {{ build_fact('evaluated_at') }} >= {{ local_midnight(plus_days('counted.next_month_starts_on', window_days)) }} as is_mature,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from counted
