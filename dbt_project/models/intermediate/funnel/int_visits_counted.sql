-- Visitors, engaged visitors and persons with a new lead of a month: the steps before `lead` have no cohort, because most
-- visitors are never identified; they are period ratios only. Months without web sessions have no row.
with visits as (
    select
        days.month_starts_on,
        count(distinct sessions.client_id) as visitors,
        count(distinct case when sessions.is_engaged then sessions.client_id end) as engaged_visitors
    from {{ ref('web_sessions') }} as sessions
    inner join {{ ref('int_days') }} as days
        on {{ local_date('sessions.started_at') }} = days.date_on
    where not coalesce(sessions.is_bot, false)
        and sessions.client_id is not null
        and sessions.started_at <= {{ build_fact('evaluated_at') }}
    group by days.month_starts_on
),

new_leads as (
    select
        entries.created_month_starts_on as month_starts_on,
        count(distinct coalesce(leads.person_id, concat('lead:', leads.lead_id))) as people
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
