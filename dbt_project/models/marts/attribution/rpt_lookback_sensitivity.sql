-- What another lookback would change: who is found at all, and the first, the last and the equal share of every channel. Over all
-- conversions of the kinds that close and that pay, paths read plainly and touches counted once.
with windows as (
    select cast(21 as bigint) as window_key, cast(21 as bigint) as lookback_days
    union all
    select 30 as window_key, 30 as lookback_days
    union all
    select 90 as window_key, 90 as lookback_days
    union all
    select 180 as window_key, 180 as lookback_days
    union all
    select 365 as window_key, 365 as lookback_days
),

kinds as (
    select {{ policy('close_event') }} as conversion_kind
    union
    select {{ policy('revenue_event') }} as conversion_kind
    union
    select 'imported' as conversion_kind
),

windows_of_kinds as (
    select
        windows.window_key,
        windows.lookback_days,
        kinds.conversion_kind
    from windows
    cross join kinds
),

touches_found as (
    {{ touches_in_windows('windows_of_kinds', ['lookback_days', 'conversion_kind'], of_kind='conversion_kind') | indent(4) }}
),

positions as (
    select
        touches_found.conversion_key,
        touches_found.conversion_kind,
        touches_found.lookback_days,
        touches_found.channel,
        row_number() over (
            partition by touches_found.conversion_key, touches_found.window_key
            order by touches_found.occurred_at, touches_found.source_sequence, touches_found.touch_id
        ) as position,
        count(*) over (partition by touches_found.conversion_key, touches_found.window_key) as touches
    from touches_found
    where touches_found.collapsed_into is null
),

shares as (
    select
        positions.conversion_kind,
        positions.lookback_days,
        positions.channel,
        positions.conversion_key,
        case when positions.position = 1 then 1 else 0 end as is_first,
        case when positions.position = positions.touches then 1 else 0 end as is_last,
        {{ apportion("cast('1000000000000' as bigint)", '(positions.position - 1)', 'positions.position', 'positions.touches') | indent(8) }} as linear_units
    from positions
),

by_channel as (
    select
        shares.conversion_kind,
        shares.lookback_days,
        shares.channel,
        count(distinct shares.conversion_key) as conversions,
        sum(shares.is_first) as first_conversions,
        sum(shares.is_last) as last_conversions,
        sum(shares.linear_units) as linear_units
    from shares
    group by shares.conversion_kind, shares.lookback_days, shares.channel
),

all_conversions as (
    select
        conversions.kind as conversion_kind,
        count(*) as conversions
    from {{ ref('int_conversions_gathered') }} as conversions
    inner join kinds
        on conversions.kind = kinds.conversion_kind
    where conversions.is_attributed
    group by conversions.kind
),

-- everything that no touch was found for
nobody as (
    select
        all_conversions.conversion_kind,
        windows.lookback_days,
        all_conversions.conversions - coalesce(found.conversions, 0) as conversions
    from all_conversions
    cross join windows
    left join (
        select
            by_channel.conversion_kind,
            by_channel.lookback_days,
            sum(by_channel.first_conversions) as conversions
        from by_channel
        group by by_channel.conversion_kind, by_channel.lookback_days
    ) as found
        on all_conversions.conversion_kind = found.conversion_kind and windows.lookback_days = found.lookback_days
),

all_rows as (
    select
        by_channel.conversion_kind, by_channel.lookback_days, by_channel.channel, by_channel.conversions,
        by_channel.first_conversions, by_channel.last_conversions, by_channel.linear_units
    from by_channel
    union all
    select
        nobody.conversion_kind, nobody.lookback_days, '(unattributed)' as channel, nobody.conversions,
        nobody.conversions as first_conversions, nobody.conversions as last_conversions,
        nobody.conversions * cast('1000000000000' as bigint) as linear_units
    from nobody
)

select
    all_rows.conversion_kind,
    all_rows.lookback_days,
    all_rows.channel,
    cast(all_rows.conversions as bigint) as conversions,
    cast(all_rows.first_conversions as bigint) as first_conversions,
    cast(all_rows.last_conversions as bigint) as last_conversions,
    cast(
        cast(all_rows.linear_units as decimal(25, 0)) * cast('0.000000000001' as decimal(12, 12)) as decimal(38, 12)
    ) as linear_conversions,
    cast(all_conversions.conversions as bigint) as all_conversions,
    {{ build_fact('build_id') }} as build_id
from all_rows
inner join all_conversions
    on all_rows.conversion_kind = all_conversions.conversion_kind
