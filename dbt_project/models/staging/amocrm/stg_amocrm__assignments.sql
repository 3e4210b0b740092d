-- Who a lead was given to: the first owner is the one before the first change of owner.
with events as (
    {{ newest_versions('amocrm', 'events') | indent(4) }}
),

changes as (
    select
        events.account,
        events.entity_id as lead_id,
        events.id as event_id,
        {{ unix_instant('events.created_at') }} as assigned_at,
        events.responsible_before,
        events.responsible_after,
        {{ raw_record_key('amocrm', 'events', 'events') }} as source_record_key,
        row_number() over (
            partition by events.account, events.entity_id
            order by {{ whole_or_null('events.created_at') }}, events.id
        ) as sequence
    from events
    where events.type = 'entity_responsible_changed' and events.entity_type in ('lead', 'leads')
),

given as (
    select
        leads.account,
        leads.id as lead_id,
        leads.id || ':created' as assignment_id,
        coalesce(first_changes.responsible_before, leads.responsible_user_id) as owner_id,
        {{ unix_instant('leads.created_at') }} as assigned_at,
        {{ raw_record_key('amocrm', 'leads', 'leads') }} as source_record_key
    from {{ ref('stg_amocrm__lead_cards') }} as leads
    left join changes as first_changes
        on leads.account = first_changes.account and leads.id = first_changes.lead_id and first_changes.sequence = 1
    union all
    select
        changes.account,
        changes.lead_id,
        changes.event_id as assignment_id,
        changes.responsible_after as owner_id,
        changes.assigned_at,
        changes.source_record_key
    from changes
    inner join {{ ref('stg_amocrm__lead_cards') }} as leads
        on changes.account = leads.account and changes.lead_id = leads.id
)

select
    cast(given.assignment_id as string) as assignment_id,
    cast(given.lead_id as string) as lead_id,
    cast(case when given.assigned_at >= histories.opportunity_at then given.lead_id end as string) as deal_id,
    cast(given.owner_id as string) as owner_id,
    cast(given.assigned_at as timestamp) as assigned_at,
    cast('amocrm' as string) as source_system,
    cast(given.source_record_key as string) as source_record_key
from given
left join {{ ref('stg_amocrm__histories') }} as histories
    on given.account = histories.account and given.lead_id = histories.lead_id
where coalesce(given.owner_id, '0') <> '0'
