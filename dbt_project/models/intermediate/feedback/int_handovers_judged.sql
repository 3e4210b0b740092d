-- Full hand-overs by what the lead was and by what was done with it (D71). Neither is judged by the outcome, nor by the reason that
-- was typed in.
with clocks as (
    select
        sla_clocks.lead_id,
        sla_clocks.episode,
        max(case when sla_clocks.clock = 'acceptance' then sla_clocks.state end) as acceptance_state,
        max(case when sla_clocks.clock = 'contact' then sla_clocks.state end) as contact_state,
        max(case when sla_clocks.state = 'breached' and not sla_clocks.is_process_cause then 1 else 0 end) as broken_by_rep,
        max(case when sla_clocks.state = 'breached' and sla_clocks.is_process_cause then 1 else 0 end) as broken_by_process
    from {{ ref('fct_sla_clocks') }} as sla_clocks
    where sla_clocks.clock in ('acceptance', 'contact')
    group by sla_clocks.lead_id, sla_clocks.episode
),

deals_of_leads as (
    select
        deals.lead_id,
        count(*) as deals,
        sum(case when deals.status = 'lost' then 1 else 0 end) as lost_deals,
        cast(sum(case when deals.status = 'won' then deals.amount_reporting_minor end) as bigint) as won_minor,
        count(case when deals.status = 'won' then deals.amount_reporting_minor end) as won_deals
    from {{ ref('int_deals_valued') }} as deals
    where deals.lead_id is not null
    group by deals.lead_id
),

closed as (
    select
        reached.lead_id,
        reached.reached_at
    from {{ ref('int_leads_reached') }} as reached
    where reached.stage = {{ policy('close_event') }}
),

policies as (
    select cast({{ policy('fault_maturity_days') }} as bigint) as maturity_days
),

episodes as (
    select
        handovers.lead_id,
        handovers.episode,
        handovers.owner_id,
        handovers.handed_over_at,
        {{ local_date('handovers.handed_over_at') }} as handed_over_on,
        handovers.ended_at,
        handovers.outcome,
        handovers.return_reason,
        handovers.source_record_key,
        qualified.is_quality_lead,
        clocks.acceptance_state,
        clocks.contact_state,
        case
            when clocks.broken_by_rep = 1 then 'broken'
            when clocks.broken_by_process = 1 then 'process'
            when clocks.acceptance_state in ('met', 'late', 'waived') and clocks.contact_state in ('met', 'late', 'waived') then 'kept'
            else 'unknown'
        end as follow_up,
        {{ plus_days('handovers.handed_over_at', 'policies.maturity_days') }} <= {{ build_fact('evaluated_at') }} as is_mature,
        handovers.outcome = 'sql' and closed.lead_id is not null as is_won,
        handovers.outcome in ('rejected', 'returned')
        or (handovers.outcome = 'sql' and closed.lead_id is null and deals_of_leads.deals = deals_of_leads.lost_deals) as is_lost,
        deals_of_leads.won_minor,
        deals_of_leads.won_deals
    from {{ ref('int_handovers') }} as handovers
    cross join policies
    left join {{ ref('int_leads_qualified') }} as qualified
        on handovers.lead_id = qualified.lead_id
    left join clocks
        on handovers.lead_id = clocks.lead_id and handovers.episode = clocks.episode
    left join deals_of_leads
        on handovers.lead_id = deals_of_leads.lead_id
    left join closed
        on handovers.lead_id = closed.lead_id and handovers.handed_over_at <= closed.reached_at
    where handovers.handover_type = 'full' and coalesce(handovers.outcome, '') <> 'void'
)

select
    episodes.lead_id,
    episodes.episode,
    episodes.owner_id,
    episodes.handed_over_at,
    episodes.handed_over_on,
    episodes.ended_at,
    episodes.outcome,
    episodes.return_reason,
    episodes.is_quality_lead,
    episodes.acceptance_state,
    episodes.contact_state,
    cast(episodes.follow_up as string) as follow_up,
    cast(
        case
            when episodes.is_quality_lead is null or episodes.follow_up = 'unknown' then 'unknown'
            when episodes.follow_up = 'process' then 'process'
            else case when episodes.is_quality_lead then 'good_' else 'bad_' end || episodes.follow_up
        end as string
    ) as fault,
    episodes.is_mature,
    coalesce(episodes.is_won, false) as is_won,
    coalesce(episodes.is_lost, false) as is_lost,
    case when episodes.is_won then episodes.won_minor end as won_minor,
    case when episodes.is_won then episodes.won_deals end as won_deals,
    episodes.source_record_key
from episodes
