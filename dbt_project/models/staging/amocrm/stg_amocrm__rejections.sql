-- Leads sent back to marketing, and leads that were lost before they became a deal (lost deals carry their reason themselves).
with passages as (
    select * from {{ ref('stg_amocrm__stage_passages') }}
),

mapped as (
    {{ mapped_stages('passages') | indent(4) }}
),

ended as (
    select
        mapped.*,
        histories.stage as present_stage,
        row_number() over (
            partition by mapped.account, mapped.lead_id, mapped.stage
            order by mapped.entered_at desc, mapped.source_sequence desc
        ) as recency
    from mapped
    inner join {{ ref('stg_amocrm__histories') }} as histories
        on mapped.account = histories.account and mapped.lead_id = histories.lead_id
    where mapped.stage = 'returned' or (mapped.stage = 'lost' and histories.opportunity_at is null)
)

select
    cast(ended.event_id as string) as rejection_id,
    cast(ended.lead_id as string) as lead_id,
    cast(null as string) as deal_id,
    cast(ended.entered_at as timestamp) as rejected_at,
    cast(case when ended.stage = 'lost' then 'rejected' else 'returned' end as string) as kind,
    -- the card holds one reason: that of the last time it was closed
    cast(case when ended.stage = 'lost' and ended.present_stage = 'lost' and ended.recency = 1 then leads.loss_reason_name end as string)
        as source_reason,
    cast(coalesce(ended.owner_id, nullif(leads.responsible_user_id, '0')) as string) as owner_id,
    cast('amocrm' as string) as source_system,
    cast(ended.source_record_key as string) as source_record_key
from ended
inner join {{ ref('stg_amocrm__lead_cards') }} as leads
    on ended.account = leads.account and ended.lead_id = leads.id
