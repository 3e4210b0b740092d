-- Hand-overs that came back (recycling_rate) and what became of them (revived_rate, C13). The unit of the first is the episode, in
-- the month of the hand-over; that of the second is the lead, in the month of its first return. Episodes of duplicates and tests
-- are nobody's (D6).
with episodes as (
    select
        handovers.lead_id,
        handovers.episode,
        handovers.handover_type,
        handovers.outcome,
        handovers.ended_at,
        {{ local_date('handovers.handed_over_at') }} as handed_over_on,
        coalesce(channelled.channel, 'unknown') as channel
    from {{ ref('int_handovers') }} as handovers
    left join {{ ref('int_leads_channelled') }} as channelled
        on handovers.lead_id = channelled.lead_id
    where coalesce(handovers.outcome, '') <> 'void'
),

handed as (
    select
        days.month_starts_on,
        coalesce(episodes.channel, '(all)') as segment,
        sum(case when episodes.handover_type = 'full' then 1 else 0 end) as full_episodes,
        sum(case when episodes.handover_type = 'full' and episodes.outcome is not null then 1 else 0 end) as full_decided,
        sum(case when episodes.handover_type = 'full' and episodes.outcome = 'returned' then 1 else 0 end) as full_returned,
        sum(case when episodes.handover_type = 'review' then 1 else 0 end) as review_episodes,
        sum(case when episodes.handover_type = 'review' and episodes.outcome = 'returned' then 1 else 0 end) as review_returned
    from episodes
    inner join {{ ref('int_days') }} as days
        on episodes.handed_over_on = days.date_on
    group by grouping sets ((days.month_starts_on, episodes.channel), (days.month_starts_on))
),

first_returns as (
    select
        episodes.lead_id,
        episodes.channel,
        min(episodes.ended_at) as returned_at
    from episodes
    where episodes.outcome = 'returned' and episodes.handover_type in ('full', 'review')
    group by episodes.lead_id, episodes.channel
),

dated_returns as (
    select
        first_returns.lead_id,
        first_returns.channel,
        first_returns.returned_at,
        {{ local_date('first_returns.returned_at') }} as returned_on
    from first_returns
),

revivals as (
    select distinct dated_returns.lead_id
    from dated_returns
    inner join {{ ref('int_handover_events') }} as events
        on dated_returns.lead_id = events.lead_id
        and events.event = 'confirmed'
        and events.occurred_at > dated_returns.returned_at
),

returned as (
    select
        days.month_starts_on,
        coalesce(dated_returns.channel, '(all)') as segment,
        count(*) as leads,
        count(revivals.lead_id) as revived
    from dated_returns
    inner join {{ ref('int_days') }} as days
        on dated_returns.returned_on = days.date_on
    left join revivals
        on dated_returns.lead_id = revivals.lead_id
    group by grouping sets ((days.month_starts_on, dated_returns.channel), (days.month_starts_on))
),

counted as (
    select
        'recycling_rate' as kpi,
        'default' as variant,
        handed.month_starts_on,
        handed.segment,
        handed.full_returned as numerator,
        handed.full_episodes as denominator
    from handed
    union all
    select
        'recycling_rate' as kpi,
        'decided' as variant,
        handed.month_starts_on,
        handed.segment,
        handed.full_returned as numerator,
        handed.full_decided as denominator
    from handed
    union all
    select
        'recycling_rate' as kpi,
        'review' as variant,
        handed.month_starts_on,
        handed.segment,
        handed.review_returned as numerator,
        handed.review_episodes as denominator
    from handed
    union all
    select
        'revived_rate' as kpi,
        'default' as variant,
        returned.month_starts_on,
        returned.segment,
        returned.revived as numerator,
        returned.leads as denominator
    from returned
),

-- A hand-over has had its time when the window from MQL to SQL is over, a returned lead after the window of revival.
windows as (
    select
        'recycling_rate' as kpi,
        max(step_windows.window_days) as window_days
    from {{ ref('stg_definitions__step_windows') }} as step_windows
    where step_windows.from_stage = 'mql'
        and step_windows.to_stage = 'sql'
        and step_windows.cohort_basis = 'step'
        and {{ holds_on('step_windows', evaluation_date()) }}
    union all
    select
        'revived_rate' as kpi,
        cast({{ policy('revived_window_days') }} as bigint) as window_days
),

kinds as (
    select 'recycling_rate' as kpi, 'default' as variant
    union all
    select 'recycling_rate', 'decided'
    union all
    select 'recycling_rate', 'review'
    union all
    select 'revived_rate', 'default'
),

-- Every month has every figure of the company; channels only where they have something to count.
expected as (
    select
        kinds.kpi,
        kinds.variant,
        months.month_starts_on,
        '(all)' as segment
    from kinds
    cross join {{ ref('int_kpi_months') }} as months
    union
    select
        counted.kpi,
        counted.variant,
        counted.month_starts_on,
        counted.segment
    from counted
    inner join {{ ref('int_kpi_months') }} as months
        on counted.month_starts_on = months.month_starts_on
    where counted.denominator > 0
),

history as (
    select count(*) as handovers
    from {{ ref('int_handovers') }}
),

figures as (
    select
        expected.kpi,
        expected.variant,
        expected.month_starts_on,
        expected.segment,
        'step' as cohort_basis,
        'handovers' as basis,
        cast(counted.numerator as bigint) as numerator,
        cast(counted.denominator as bigint) as denominator,
        cast(counted.denominator as bigint) as n,
        false as is_money,
        {{ build_fact('evaluated_at') }} >= {{ local_midnight(plus_days('months.next_month_starts_on', 'windows.window_days')) }}
            as is_mature,
        case when history.handovers = 0 then 'no_handovers' end as missing_reason
    from expected
    cross join history
    inner join {{ ref('int_kpi_months') }} as months
        on expected.month_starts_on = months.month_starts_on
    inner join windows
        on expected.kpi = windows.kpi
    left join counted
        on expected.kpi = counted.kpi
        and expected.variant = counted.variant
        and expected.month_starts_on = counted.month_starts_on
        and expected.segment = counted.segment
)

select
    {{ kpi_columns(is_proportion=true) }}
from figures
