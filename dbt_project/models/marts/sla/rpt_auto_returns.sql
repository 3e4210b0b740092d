-- The agreement gives a lead that is not accepted in time back to marketing. Nothing is invented in the CRM's history: these are rows
-- of a report, and the clock of the episode goes on as it was (D11).
select
    clocks.lead_id,
    clocks.episode,
    handovers.handover_type,
    handovers.band,
    clocks.owner_id,
    handovers.handed_over_at,
    clocks.due_at,
    clocks.limit_at as reverts_at,
    handovers.accepted_at,
    handovers.ended_at,
    handovers.outcome,
    handovers.accepted_at is null and handovers.ended_at is null as is_waiting,
    clocks.clock_minutes,
    clocks.limit_minutes,
    clocks.cause,
    clocks.is_process_cause,
    handovers.source_record_key,
    clocks.definition_version,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from {{ ref('fct_sla_clocks') }} as clocks
inner join {{ ref('int_handovers') }} as handovers
    on clocks.lead_id = handovers.lead_id and clocks.episode = handovers.episode
where clocks.clock = 'acceptance' and clocks.state = 'breached'
