-- Every lead of the sources, duplicates and tests included and marked: leads in = leads here + quarantined.
with mapped_rejections as (
    select
        rejections.lead_id,
        rejections.kind,
        rejections.source_reason,
        reasons.reason,
        row_number() over (
            partition by rejections.rejection_id
            order by case when reasons.source_system = '*' then 1 else 0 end
        ) as candidate,
        rejections.rejected_at,
        rejections.rejection_id
    from {{ ref('rejections') }} as rejections
    left join {{ ref('stg_definitions__reasons') }} as reasons
        on {{ lower_text('trim(rejections.source_reason)') }} = {{ lower_text('trim(reasons.source_reason)') }}
        and (reasons.source_system = '*' or reasons.source_system = rejections.source_system)
        and {{ holds_on('reasons', local_date('rejections.rejected_at')) }}
    where rejections.lead_id is not null
),

latest_rejections as (
    select
        mapped_rejections.*,
        row_number() over (
            partition by mapped_rejections.lead_id, mapped_rejections.kind
            order by mapped_rejections.rejected_at desc, mapped_rejections.rejection_id desc
        ) as recency
    from mapped_rejections
    where mapped_rejections.candidate = 1
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
    cast(null as string) as handover_type,
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
