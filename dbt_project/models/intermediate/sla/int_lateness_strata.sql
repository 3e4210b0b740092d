-- D73: leads that are alike on band, channel, segment and hour, told apart by whether a clock was met and whether they won. Only
-- leads that were handed over and whose window lead → won is over, each once a clock: by itself or by its first hand-over.
with window_days as (
    select max(windows.window_days) as window_days
    from {{ ref('stg_definitions__step_windows') }} as windows
    where windows.from_stage = 'lead'
        and windows.to_stage = 'won'
        and windows.cohort_basis = 'lead'
        and {{ holds_on('windows', evaluation_date()) }}
),

deals as (
    select
        deals.lead_id,
        max_by(deals.amount_reporting_minor, deals.won_at) as amount_minor
    from {{ ref('int_deals_valued') }} as deals
    where deals.won_at is not null and deals.amount_reporting_minor is not null
    group by deals.lead_id
),

mature_leads as (
    select
        leads.lead_id,
        handovers.band,
        coalesce(channelled.channel, 'unknown') as channel,
        coalesce(leads.segment, '(none)') as segment,
        coalesce({{ seconds_between('leads.created_at', 'won.reached_at') }} <= window_days.window_days * 86400, false) as is_won,
        deals.amount_minor
    from {{ ref('leads') }} as leads
    inner join {{ ref('int_handovers') }} as handovers
        on leads.lead_id = handovers.lead_id
        and handovers.episode = 1
    cross join window_days
    left join {{ ref('int_leads_channelled') }} as channelled
        on leads.lead_id = channelled.lead_id
    left join {{ ref('int_leads_reached') }} as won
        on leads.lead_id = won.lead_id
        and won.stage = 'won'
    left join deals
        on leads.lead_id = deals.lead_id
    where {{ plus_days('leads.created_at', 'window_days.window_days') }} <= {{ build_fact('evaluated_at') }}
),

judged as (
    select
        clocks.clock,
        mature_leads.band,
        mature_leads.channel,
        mature_leads.segment,
        clocks.started_in_hours,
        clocks.state <> 'met' as is_late,
        mature_leads.is_won,
        case when mature_leads.is_won then mature_leads.amount_minor end as won_minor
    from {{ ref('int_clocks_judged') }} as clocks
    inner join mature_leads
        on clocks.lead_id = mature_leads.lead_id
    where clocks.episode <= 1 and clocks.state in ('met', 'late', 'breached')
)

select
    judged.clock,
    {{ text_key(['judged.band', 'judged.channel', 'judged.segment', 'judged.started_in_hours']) }} as stratum,
    judged.band,
    judged.channel,
    judged.segment,
    judged.started_in_hours,
    cast(sum(case when judged.is_late then 0 else 1 end) as bigint) as met,
    cast(sum(case when judged.is_won and not judged.is_late then 1 else 0 end) as bigint) as met_wins,
    cast(sum(case when judged.is_late then 1 else 0 end) as bigint) as late,
    cast(sum(case when judged.is_won and judged.is_late then 1 else 0 end) as bigint) as late_wins,
    cast(count(judged.won_minor) as bigint) as deals,
    cast(coalesce(sum(judged.won_minor), 0) as bigint) as won_minor
from judged
group by judged.clock, judged.band, judged.channel, judged.segment, judged.started_in_hours
