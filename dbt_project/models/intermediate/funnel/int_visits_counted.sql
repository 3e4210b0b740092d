-- Visitors, engaged visitors and persons with a new lead of a month: the steps before `lead` have no cohort, because
-- most visitors are never identified; they are period ratios only. Months without web sessions have no row.
with dated as (
    select
        sessions.client_id,
        sessions.is_engaged,
        {{ local_date('sessions.started_at') }} as started_on
    from {{ ref('web_sessions') }} as sessions
    where not coalesce(sessions.is_bot, false)
        and sessions.client_id is not null
        and sessions.started_at <= {{ build_fact('evaluated_at') }}
),

visits as (
    select
        days.month_starts_on,
        count(distinct dated.client_id) as visitors,
        count(distinct case when dated.is_engaged then dated.client_id end) as engaged_visitors
    from dated
    inner join {{ ref('int_days') }} as days
        on dated.started_on = days.date_on
    group by days.month_starts_on
),

new_leads as (
    select
        entries.created_month_starts_on as month_starts_on,
        count(distinct coalesce(leads.person_id, 'lead:' || leads.lead_id)) as people
    from {{ ref('int_stage_entries') }} as entries
    inner join {{ ref('leads') }} as leads
        on entries.lead_id = leads.lead_id
    where entries.stage = 'lead'
    group by entries.created_month_starts_on
)

select
    visits.month_starts_on,
    cast(visits.visitors as bigint) as visitors,
    cast(visits.engaged_visitors as bigint) as engaged_visitors,
    cast(coalesce(new_leads.people, 0) as bigint) as people_with_lead
from visits
left join new_leads
    on visits.month_starts_on = new_leads.month_starts_on
