-- Where every counted lead stands at the evaluation instant: the newest passage that the CRM recorded, else `lead`.
with recent_passages as (
    select
        passages.lead_id,
        passages.stage,
        passages.entered_at,
        row_number() over (
            partition by passages.lead_id
            order by passages.entered_at desc, passages.passage_number desc, passages.passage_id desc
        ) as recency
    from {{ ref('int_stage_passages') }} as passages
    where passages.lead_id is not null
        and passages.entered_at <= {{ build_fact('evaluated_at') }}
)

select
    leads.lead_id,
    cast(coalesce(recent_passages.stage, 'lead') as string) as stage,
    coalesce(recent_passages.entered_at, leads.created_at) as since_at,
    coalesce(recent_passages.stage, 'lead') not in ('won', 'paid', 'retained', 'expanded', 'lost', 'returned')
    and (leads.closed_at is null or leads.closed_at > {{ build_fact('evaluated_at') }}) as is_open
from {{ ref('leads') }} as leads
left join recent_passages
    on leads.lead_id = recent_passages.lead_id
    and recent_passages.recency = 1
where not coalesce(leads.is_duplicate, false)
    and not coalesce(leads.is_test, false)
    and leads.created_at <= {{ build_fact('evaluated_at') }}
