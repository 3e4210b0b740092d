select
    cast({{ policy('score_weekly_capacity') }} as bigint) as weekly_capacity,
    cast({{ policy('score_full_minutes') }} as bigint) as full_minutes,
    cast({{ policy('score_review_minutes') }} as bigint) as review_minutes,
    cast({{ policy('exploration_share') }} as decimal(38, 9)) as exploration_share,
    {{ policy('score_label') }} as label,
    {{ policy('close_event') }} as close_event,
    (
        select count(*)
        from {{ ref('stg_definitions__sla_clocks') }} as clocks
        where clocks.start_event = 'handed_over'
            and clocks.segment = '*'
            and clocks.is_applicable
            and {{ holds_on('clocks', evaluation_date()) }}
    ) as handover_clocks,
    currencies.currency,
    currencies.minor_per_unit,
    -- an instant of Spark that carries a zone until it is stored as every other one, in UTC without
    cast({{ local_midnight('cast(' ~ plus_days('days.date_on', '1 - days.iso_weekday') ~ ' as date)') }} as timestamp) as week_starts_at
from {{ ref('stg_definitions__currencies') }} as currencies
cross join {{ ref('int_days') }} as days
where currencies.currency = {{ build_fact('reporting_currency') }}
    and days.date_on = {{ evaluation_date() }}
