-- Deals with their instants, money and owner of the journey. Test deals are left out (listed in `rpt_data_oddities`).
-- `amount_minor` is net of VAT; `amount_reporting_minor` stands on the company's `vat_basis`, at the rate of the
-- local date of winning (of the opportunity while open); null where no rate is known (`rpt_missing_rates`).
with lead_events as (
    select
        events.lead_id,
        min(case when events.is_opportunity then events.entered_at end) as opportunity_at,
        min(case when events.stage = 'won' then events.entered_at end) as won_at,
        max(case when events.stage = 'lost' then events.entered_at end) as lost_at
    from {{ ref('int_stage_events_mapped') }} as events
    where events.deal_id is null and events.lead_id is not null
    group by events.lead_id
),

deal_events as (
    select
        events.deal_id,
        min(case when events.is_opportunity then events.entered_at end) as opportunity_at,
        min(case when events.stage = 'won' then events.entered_at end) as won_at,
        max(case when events.stage = 'lost' then events.entered_at end) as lost_at
    from {{ ref('int_stage_events_mapped') }} as events
    where events.deal_id is not null
    group by events.deal_id
),

deals_per_lead as (
    select
        deals.lead_id,
        count(*) as deals
    from {{ ref('deals') }} as deals
    where deals.lead_id is not null
    group by deals.lead_id
),

linked as (
    select
        deals.deal_id,
        deals.lead_id,
        coalesce(
            deals.person_id, leads.person_id, case when leads.lead_id is not null then 'lead:' || leads.lead_id end
        ) as person_id,
        coalesce(deals.account_id, leads.account_id, people.account_id) as account_id,
        deals.owner_id,
        deals.pipeline,
        deals.product,
        deals.source_system,
        deals.created_at,
        coalesce(deal_events.opportunity_at, lead_events.opportunity_at, deals.created_at) as opportunity_at,
        deals.signed_at,
        coalesce(
            deals.won_at, deal_events.won_at, case
                when deals.status = 'won' or (deals.status is null and deals_per_lead.deals = 1) then lead_events.won_at
            end
        ) as won_at,
        coalesce(
            deals.lost_at, case when deals.status = 'lost' then coalesce(deal_events.lost_at, lead_events.lost_at) end
        ) as lost_at,
        deals.status,
        deals.amount_minor - case when deals.amounts_include_vat then coalesce(deals.amount_vat_minor, 0) else 0 end as amount_minor,
        deals.amount_vat_minor,
        deals.currency,
        deals.term_months,
        deals.loss_reason,
        deals.source_record_key
    from {{ ref('deals') }} as deals
    left join {{ ref('leads') }} as leads
        on deals.lead_id = leads.lead_id
    left join {{ ref('int_people_merged') }} as people
        on coalesce(deals.person_id, leads.person_id) = people.person_id
    left join deal_events
        on deals.deal_id = deal_events.deal_id
    left join lead_events
        on deals.lead_id = lead_events.lead_id
    left join deals_per_lead
        on deals.lead_id = deals_per_lead.lead_id
    where not coalesce(deals.is_test, false)
),

-- Payments in another currency than the deal's cannot be summed with it; they are listed in `rpt_data_oddities`.
paid as (
    select
        payments.deal_id,
        min(case when payments.amount_minor > 0 then payments.paid_at end) as paid_at,
        sum(case when payments.amount_minor > 0 then payments.amount_minor else 0 end) as paid_minor,
        sum(case when payments.amount_minor > 0 then coalesce(payments.amount_vat_minor, 0) else 0 end) as paid_vat_minor,
        sum(case when payments.amount_minor < 0 then -payments.amount_minor else 0 end) as refunded_minor
    from {{ ref('int_payments_valued') }} as payments
    inner join {{ ref('deals') }} as deals
        on payments.deal_id = deals.deal_id
    where payments.currency = coalesce(deals.currency, payments.currency)
    group by payments.deal_id
),

valued as (
    select
        linked.*,
        {{ local_date('coalesce(linked.won_at, linked.opportunity_at)') }} as valued_on,
        (
            case when linked.account_id is not null then 'account:' when linked.person_id is not null then 'person:' else 'deal:' end
            || coalesce(linked.account_id, linked.person_id, linked.deal_id)
        ) as customer_id
    from linked
),

first_deals as (
    select
        valued.deal_id,
        row_number() over (partition by valued.customer_id order by valued.won_at, valued.deal_id) as won_deal
    from valued
    where valued.won_at is not null
)

select
    valued.deal_id,
    valued.lead_id,
    valued.person_id,
    valued.account_id,
    valued.customer_id,
    valued.owner_id,
    valued.pipeline,
    valued.product,
    valued.source_system,
    valued.created_at,
    valued.opportunity_at,
    valued.signed_at,
    valued.won_at,
    valued.lost_at,
    paid.paid_at,
    case
        when valued.status is not null then valued.status
        when valued.won_at is not null then 'won'
        when valued.lost_at is not null then 'lost'
        else 'open'
    end as status,
    valued.amount_minor,
    valued.amount_vat_minor,
    valued.currency,
    valued.valued_on,
    {{ in_reporting_currency(on_vat_basis('valued.amount_minor', 'valued.amount_vat_minor'), 'valued.currency') }}
        as amount_reporting_minor,
    cast(coalesce(paid.paid_minor, 0) as bigint) as paid_minor,
    cast(coalesce(paid.paid_vat_minor, 0) as bigint) as paid_vat_minor,
    cast(coalesce(paid.refunded_minor, 0) as bigint) as refunded_minor,
    coalesce(first_deals.won_deal, 0) = 1 as is_first_deal,
    valued.term_months,
    valued.loss_reason,
    valued.source_record_key
from valued
left join paid
    on valued.deal_id = paid.deal_id
left join first_deals
    on valued.deal_id = first_deals.deal_id
{{ join_rates('valued.currency', 'valued.valued_on') }}
