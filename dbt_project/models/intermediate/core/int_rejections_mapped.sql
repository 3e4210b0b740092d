-- Rejections and returns with the lead that they are of and the company's word for the reason (C24): an entry of the reasons for
-- the source system wins over one for any. A reason that no entry knows stays null, and `source_reason` says what was typed.
with dated as (
    select
        rejections.rejection_id,
        coalesce(rejections.lead_id, deals.lead_id) as lead_id,
        rejections.deal_id,
        rejections.rejected_at,
        {{ local_date('rejections.rejected_at') }} as rejected_on,
        rejections.kind,
        rejections.source_reason,
        {{ lower_text('trim(rejections.source_reason)') }} as reason_key,
        rejections.owner_id,
        rejections.source_system,
        rejections.source_record_key
    from {{ ref('rejections') }} as rejections
    left join {{ ref('deals') }} as deals
        on rejections.deal_id = deals.deal_id
),

reason_entries as (
    select
        reasons.*,
        {{ lower_text('trim(reasons.source_reason)') }} as reason_key
    from {{ ref('stg_definitions__reasons') }} as reasons
),

candidates as (
    select
        dated.*,
        reason_entries.reason,
        row_number() over (
            partition by dated.rejection_id
            order by case when reason_entries.source_system = '*' then 1 else 0 end, reason_entries.reason
        ) as candidate
    from dated
    left join reason_entries
        on dated.reason_key = reason_entries.reason_key
        and (reason_entries.source_system = '*' or dated.source_system = reason_entries.source_system)
        and {{ holds_on('reason_entries', 'dated.rejected_on') }}
)

select
    candidates.rejection_id,
    candidates.lead_id,
    candidates.deal_id,
    candidates.rejected_at,
    candidates.rejected_on,
    candidates.kind,
    candidates.source_reason,
    candidates.reason,
    candidates.owner_id,
    candidates.source_system,
    candidates.source_record_key
from candidates
where candidates.candidate = 1
