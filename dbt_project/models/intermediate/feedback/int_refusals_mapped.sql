-- Leads that sales rejected or returned, each time with the company's reason; null where none, or none that is known, was
-- recorded.
with dated as (
    select
        rejections.rejection_id,
        rejections.lead_id,
        rejections.kind,
        rejections.rejected_at,
        rejections.source_reason,
        rejections.source_system,
        {{ local_date('rejections.rejected_at') }} as rejected_on,
        {{ lower_text('trim(rejections.source_reason)') }} as reason_text,
        rejections.source_record_key
    from {{ ref('rejections') }} as rejections
    where rejections.lead_id is not null and rejections.rejected_at <= {{ build_fact('evaluated_at') }}
),

reasons as (
    select
        reasons.source_system,
        {{ lower_text('trim(reasons.source_reason)') }} as reason_text,
        reasons.reason,
        reasons.applies_from,
        reasons.valid_to
    from {{ ref('stg_definitions__reasons') }} as reasons
),

candidates as (
    select
        dated.*,
        reasons.reason,
        row_number() over (
            partition by dated.rejection_id
            order by case when reasons.source_system = '*' then 1 else 0 end
        ) as candidate
    from dated
    left join reasons
        on dated.reason_text = reasons.reason_text
        and (reasons.source_system = '*' or dated.source_system = reasons.source_system)
        and {{ holds_on('reasons', 'dated.rejected_on') }}
)

select
    candidates.rejection_id,
    candidates.lead_id,
    candidates.kind,
    candidates.rejected_at,
    candidates.rejected_on,
    candidates.source_reason,
    candidates.reason,
    candidates.source_record_key
from candidates
where candidates.candidate = 1
