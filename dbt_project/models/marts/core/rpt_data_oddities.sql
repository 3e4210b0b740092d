-- Records that contradict each other. They stay in the figures unless the message says otherwise; nothing is corrected.
with oddities as (
    select
        'won_before_lead' as kind,
        'deal' as entity,
        deals.deal_id as entity_id,
        ('Won at ' || cast(deals.won_at as string) || ', before its lead ' || deals.lead_id || ' was created at ' || cast(leads.created_at as string) || '. It stays.')
            as message,
        deals.source_record_key
    from {{ ref('int_deals_valued') }} as deals
    inner join {{ ref('leads') }} as leads
        on deals.lead_id = leads.lead_id
    where deals.won_at < leads.created_at
    union all
    select
        'won_without_date' as kind,
        'deal' as entity,
        deals.deal_id as entity_id,
        'Status is won, but no instant of winning is recorded. It counts in no month.' as message,
        deals.source_record_key
    from {{ ref('int_deals_valued') }} as deals
    where deals.status = 'won' and deals.won_at is null
    union all
    select
        'won_and_lost' as kind,
        'deal' as entity,
        deals.deal_id as entity_id,
        'Status is lost, but an instant of winning is recorded. It stays in the won figures.' as message,
        deals.source_record_key
    from {{ ref('int_deals_valued') }} as deals
    where deals.status = 'lost' and deals.won_at is not null
    union all
    select
        'lead_not_on_record' as kind,
        'deal' as entity,
        deals.deal_id as entity_id,
        ('Names lead ' || deals.lead_id || ', which no source delivered. It is in no cohort.') as message,
        deals.source_record_key
    from {{ ref('int_deals_valued') }} as deals
    left join {{ ref('leads') }} as leads
        on deals.lead_id = leads.lead_id
    where deals.lead_id is not null and leads.lead_id is null
    union all
    select
        'test_deal' as kind,
        'deal' as entity,
        deals.deal_id as entity_id,
        'Marked as test. It is in no figure.' as message,
        deals.source_record_key
    from {{ ref('deals') }} as deals
    where deals.is_test
    union all
    select
        'vat_not_known' as kind,
        'deal' as entity,
        deals.deal_id as entity_id,
        'The amount is said to include VAT, but the VAT is not recorded. The whole amount is taken as net.' as message,
        deals.source_record_key
    from {{ ref('deals') }} as deals
    where deals.amounts_include_vat and deals.amount_vat_minor is null and deals.amount_minor <> 0
    union all
    select
        'vat_not_known' as kind,
        'payment' as entity,
        payments.payment_id as entity_id,
        'The amount is said to include VAT, but the VAT is not recorded. The whole amount is taken as net.' as message,
        payments.source_record_key
    from {{ ref('payments') }} as payments
    where payments.amounts_include_vat and payments.amount_vat_minor is null and payments.amount_minor <> 0
    union all
    select
        'payment_in_other_currency' as kind,
        'payment' as entity,
        payments.payment_id as entity_id,
        ('Paid in ' || payments.currency || ', the deal is in ' || deals.currency || '. It is not in the deal''s paid amount.') as message,
        payments.source_record_key
    from {{ ref('int_payments_valued') }} as payments
    inner join {{ ref('int_deals_valued') }} as deals
        on payments.deal_id = deals.deal_id
    where payments.currency <> deals.currency
    union all
    select
        'payment_without_deal' as kind,
        'payment' as entity,
        payments.payment_id as entity_id,
        'No deal on record. It counts as revenue of the company, in no conversion.' as message,
        payments.source_record_key
    from {{ ref('int_payments_valued') }} as payments
    left join {{ ref('deals') }} as deals
        on payments.deal_id = deals.deal_id
    where deals.deal_id is null
    union all
    select
        'event_after_evaluation' as kind,
        'stage_event' as entity,
        events.event_id as entity_id,
        'Entered later than the newest pull was observed. It is in no cohort yet.' as message,
        events.source_record_key
    from {{ ref('int_stage_events_mapped') }} as events
    where events.entered_at > {{ build_fact('evaluated_at') }}
)

select
    cast(oddities.kind as string) as kind,
    cast(oddities.entity as string) as entity,
    oddities.entity_id,
    cast(oddities.message as string) as message,
    oddities.source_record_key,
    {{ build_fact('build_id') }} as build_id
from oddities
