select
    judged.lead_id,
    judged.episode,
    days.period,
    judged.owner_id,
    judged.handed_over_at,
    judged.ended_at,
    judged.outcome,
    judged.return_reason,
    judged.is_quality_lead,
    judged.acceptance_state,
    judged.contact_state,
    judged.follow_up,
    judged.fault,
    coalesce(false_rejects.is_false_reject, 0) = 1 as is_false_reject,
    judged.source_record_key,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from {{ ref('int_handovers_judged') }} as judged
inner join {{ ref('int_days') }} as days
    on judged.handed_over_on = days.date_on
left join (
    select
        checked.lead_id,
        checked.episode,
        max(case when checked.is_false_reject then 1 else 0 end) as is_false_reject
    from {{ ref('int_reasons_checked') }} as checked
    group by checked.lead_id, checked.episode
) as false_rejects
    on judged.lead_id = false_rejects.lead_id and judged.episode = false_rejects.episode
where judged.is_lost and judged.is_mature
