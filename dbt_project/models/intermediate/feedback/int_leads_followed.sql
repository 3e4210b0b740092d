-- What campaigns and changes are judged by: every counted lead (D6) with its campaign, what its fields say of it, when it
-- reached each stage (D10) and when a human of the company first reached out to it. Nothing after `evaluated_at` is here.
with reached as (
    select
        stages.lead_id,
        max(case when stages.stage = 'mql' then stages.reached_at end) as mql_at,
        max(case when stages.stage = 'sql' then stages.reached_at end) as sql_at,
        max(case when stages.stage = 'proposal' then stages.reached_at end) as proposal_at,
        max(case when stages.stage = 'won' then stages.reached_at end) as won_at
    from {{ ref('int_leads_reached') }} as stages
    group by stages.lead_id
),

attempted as (
    select
        attempts.lead_id,
        min(attempts.occurred_at) as first_attempt_at
    from {{ ref('int_contact_attempts') }} as attempts
    where attempts.is_attempt
    group by attempts.lead_id
)

select
    leads.lead_id,
    channelled.campaign_id,
    coalesce(channelled.channel, 'unknown') as channel,
    leads.created_at,
    {{ local_date('leads.created_at') }} as created_on,
    {{ local_date('reached.sql_at') }} as sql_on,
    {{ local_date('reached.proposal_at') }} as proposal_on,
    reached.mql_at,
    reached.sql_at,
    reached.proposal_at,
    reached.won_at,
    attempted.first_attempt_at,
    qualified.is_quality_lead,
    coalesce(leads.has_valid_phone, people.has_valid_phone) as has_valid_phone,
    leads.source_record_key
from reached
inner join {{ ref('leads') }} as leads
    on reached.lead_id = leads.lead_id
left join {{ ref('int_leads_channelled') }} as channelled
    on leads.lead_id = channelled.lead_id
left join {{ ref('int_leads_qualified') }} as qualified
    on leads.lead_id = qualified.lead_id
left join {{ ref('int_people_merged') }} as people
    on leads.person_id = people.person_id
left join attempted
    on leads.lead_id = attempted.lead_id
