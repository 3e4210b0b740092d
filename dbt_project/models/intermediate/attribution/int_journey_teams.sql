-- Whose touches stand on the way to each conversion, counted in four ways: with and without those of sales, and with what D50
-- counts once counted once or as often as somebody wrote it down. The window is the longest lookback in use, read plainly.
with windows as (
    select
        cast(1 as bigint) as window_key,
        max(models.lookback_days) as lookback_days
    from {{ ref('int_attribution_models_enabled') }} as models
),

touches_found as (
    {{ touches_in_windows('windows') | indent(4) }}
),

countings as (
    {{ ways_to_count() }}
),

counted as (
    select
        touches_found.conversion_key,
        countings.counting,
        countings.touches_of,
        touches_found.team,
        row_number() over (
            partition by touches_found.conversion_key, countings.counting, countings.touches_of
            order by touches_found.occurred_at, touches_found.source_sequence, touches_found.touch_id
        ) as position,
        count(*) over (partition by touches_found.conversion_key, countings.counting, countings.touches_of) as touches
    from touches_found
    inner join countings
        on (countings.counting = 'every_record' or touches_found.collapsed_into is null)
        and (countings.touches_of = 'both_teams' or touches_found.team in ('marketing', 'both'))
)

select
    counted.conversion_key,
    counted.counting,
    counted.touches_of,
    cast(count(*) as bigint) as touches,
    cast(sum(case when counted.team = 'marketing' then 1 else 0 end) as bigint) as marketing_touches,
    cast(sum(case when counted.team = 'sales' then 1 else 0 end) as bigint) as sales_touches,
    cast(sum(case when counted.team = 'both' then 1 else 0 end) as bigint) as touches_of_both,
    max(case when counted.position = 1 then counted.team end) as first_team,
    max(case when counted.position = counted.touches then counted.team end) as last_team
from counted
group by counted.conversion_key, counted.counting, counted.touches_of
