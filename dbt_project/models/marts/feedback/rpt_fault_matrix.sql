-- Expected money of a cell (D71): its leads, times the win rate of mature full hand-overs of the same quality whose follow-up was kept,
-- times their mean deal; in whole minor units, half up.
with kept as (
    select
        judged.is_quality_lead,
        cast(count(*) as bigint) as episodes,
        cast(sum(case when judged.is_won then 1 else 0 end) as bigint) as wins,
        cast(sum(judged.won_minor) as bigint) as won_minor,
        cast(sum(judged.won_deals) as bigint) as won_deals
    from {{ ref('int_handovers_judged') }} as judged
    where judged.is_mature and judged.follow_up = 'kept' and judged.is_quality_lead is not null
    group by judged.is_quality_lead
),

lost as (
    select
        coalesce(leads.period, '(all)') as period,
        leads.fault,
        cast(count(*) as bigint) as leads,
        cast(sum(case when leads.is_false_reject then 1 else 0 end) as bigint) as false_rejects
    from {{ ref('rpt_fault_leads') }} as leads
    group by grouping sets ((leads.period, leads.fault), (leads.fault))
),

months as (
    select
        days.period,
        min(days.month_starts_on) as month_starts_on
    from {{ ref('int_days') }} as days
    group by days.period
),

cells as (
    select
        lost.period,
        months.month_starts_on,
        lost.fault,
        lost.leads,
        lost.false_rejects,
        kept.episodes,
        kept.wins,
        kept.won_minor,
        kept.won_deals
    from lost
    left join months
        on lost.period = months.period
    left join kept
        on kept.is_quality_lead = (lost.fault in ('good_broken', 'good_kept'))
        and lost.fault in ('good_broken', 'good_kept', 'bad_broken', 'bad_kept')
)

select
    cast(cells.period as string) as period,
    cells.month_starts_on as period_start_on,
    cells.fault,
    cells.leads,
    cells.false_rejects,
    cells.episodes as kept_episodes,
    cells.wins as kept_wins,
    {{ ratio('cells.wins', 'cells.episodes') }} as kept_win_rate,
    {{ wilson_bound('cells.wins', 'cells.episodes', '-') }} as kept_win_rate_low,
    {{ wilson_bound('cells.wins', 'cells.episodes', '+') }} as kept_win_rate_high,
    case
        when cells.won_deals > 0
            then cast({{ floor_divide('2 * cells.won_minor + cells.won_deals', '2 * cells.won_deals') }} as bigint)
    end as mean_deal_minor,
    case
        when cells.episodes > 0 and cells.wins = 0 then cast(0 as bigint)
        when cells.episodes > 0 and cells.won_deals > 0
            then cast(
                {{ floor_divide(
                    '2 * ' ~ wide_product(wide_product('cells.leads', 'cells.wins'), 'cells.won_minor') ~ ' + '
                        ~ wide_product('cells.episodes', 'cells.won_deals'),
                    '2 * ' ~ wide_product('cells.episodes', 'cells.won_deals')
                ) }} as bigint
            )
    end as expected_minor,
    case when cells.episodes is not null then {{ build_fact('reporting_currency') }} end as currency,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from cells
