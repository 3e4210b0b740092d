-- Deleted objects vanish from their lists; the newest of their events says whether they are gone.
with events as (
    {{ newest_versions('amocrm', 'events') | indent(4) }}
),

told as (
    select
        events.account,
        case
            when events.type in ('lead_deleted', 'lead_restored') then 'lead'
            when events.type = 'contact_deleted' then 'contact'
            when events.type = 'company_deleted' then 'company'
        end as object,
        events.entity_id as id,
        events.type = 'lead_restored' as is_back,
        row_number() over (
            partition by events.account, events.entity_id, substr(events.type, 1, 4)
            order by {{ whole_or_null('events.created_at') }} desc, events.id desc
        ) as recency
    from events
    where events.type in ('lead_deleted', 'lead_restored', 'contact_deleted', 'company_deleted')
)

select
    told.account,
    told.object,
    told.id
from told
where told.recency = 1 and not told.is_back
