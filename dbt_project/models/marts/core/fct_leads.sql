-- Every lead of the sources, duplicates and tests included and marked: leads in = leads here + quarantined.
with latest_rejections as (
    select
        rejections.lead_id,
        rejections.kind,
        rejections.reason,
        rejections.source_reason,
        row_number() over (
            partition by rejections.lead_id, rejections.kind
            order by rejections.rejected_at desc, rejections.rejection_id desc
        ) as recency
    from {{ ref('int_rejections_mapped') }} as rejections
    where rejections.lead_id is not null
),

latest_handovers as (
    select
        handovers.lead_id,
        max_by(handovers.handover_type, handovers.episode) as handover_type
    from {{ ref('int_handovers') }} as handovers
    group by handovers.lead_id
)

select
    leads.lead_id,
    coalesce(leads.person_id, 'lead:' || leads.lead_id) as person_id,
    coalesce(leads.account_id, people.account_id) as account_id,
    leads.created_at,
    {{ local_date('leads.created_at') }} as created_on,
    coalesce(channelled.channel, 'unknown') as channel,
    channelled.rule_id as channel_rule_id,
    channelled.campaign_id,
    leads.owner_id,
    leads.segment,
    leads.industry,
    coalesce(leads.has_valid_phone, people.has_valid_phone) as has_valid_phone,
    leads.is_in_icp,
    qualified.is_quality_lead,
    qualified.meets_mql_rule,
    qualified.is_hot_hand,
    latest_handovers.handover_type,
    coalesce(rejected.reason, rejected.source_reason) as rejection_reason,
    coalesce(returned.reason, returned.source_reason) as return_reason,
    leads.status,
    leads.closed_at,
    coalesce(leads.is_duplicate, false) as is_duplicate,
    coalesce(leads.is_test, false) as is_test,
    leads.source_system,
    leads.source_record_key,
    {{ build_fact('build_id') }} as build_id
from {{ ref('leads') }} as leads
left join {{ ref('int_people_merged') }} as people
    on leads.person_id = people.person_id
left join {{ ref('int_leads_channelled') }} as channelled
    on leads.lead_id = channelled.lead_id
left join {{ ref('int_leads_qualified') }} as qualified
    on leads.lead_id = qualified.lead_id
left join latest_rejections as rejected
    on leads.lead_id = rejected.lead_id and rejected.kind = 'rejected' and rejected.recency = 1
left join latest_rejections as returned
    on leads.lead_id = returned.lead_id and returned.kind = 'returned' and returned.recency = 1
left join latest_handovers
    on leads.lead_id = latest_handovers.lead_id
