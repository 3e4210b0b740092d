-- Accounts that are owed attention and have had none of a human for the days that the policy `neglected_days` names. Any attempt of
-- sales counts as work, answered or not; documents of a sale do not. Without a single touch of sales on record nothing can be said,
-- and there are no rows.
{%- set neglected_days = 'cast(' ~ policy('neglected_days') ~ ' as bigint)' %}
{%- set small_employees = 'cast(' ~ policy('small_account_employees') ~ ' as bigint)' %}

with human_touches as (
    select
        touches.account_id,
        touches.occurred_at
    from {{ ref('int_touches_channelled') }} as touches
    where touches.team in ('sales', 'both')
        and not coalesce(touches.is_automated, false)
        and touches.kind not in ('contract', 'invoice', 'payment')
        and touches.occurred_at <= {{ build_fact('evaluated_at') }}
),

evidence as (
    select count(*) as touches
    from human_touches
),

last_touches as (
    select
        human_touches.account_id,
        max(human_touches.occurred_at) as last_touch_at,
        count(*) as touches
    from human_touches
    where human_touches.account_id is not null
    group by human_touches.account_id
),

deals_of_accounts as (
    select
        deals.account_id,
        count(case when deals.status = 'open' then 1 end) as open_deals,
        count(case when deals.won_at <= {{ build_fact('evaluated_at') }} then 1 end) as won_deals,
        sum(case when deals.won_at <= {{ build_fact('evaluated_at') }} then deals.amount_reporting_minor end) as won_minor,
        max(deals.won_at) as last_won_at,
        max(deals.opportunity_at) as last_opened_at
    from {{ ref('int_deals_valued') }} as deals
    where deals.account_id is not null
    group by deals.account_id
),

leads_of_accounts as (
    select
        coalesce(leads.account_id, people.account_id) as account_id,
        count(case when standing.is_open then 1 end) as open_leads,
        max(case when standing.is_open then leads.created_at end) as last_created_at
    from {{ ref('leads') }} as leads
    inner join {{ ref('int_leads_standing') }} as standing
        on leads.lead_id = standing.lead_id
    left join {{ ref('int_people_merged') }} as people
        on leads.person_id = people.person_id
    where coalesce(leads.account_id, people.account_id) is not null
    group by coalesce(leads.account_id, people.account_id)
),

owed as (
    select
        accounts.account_id,
        accounts.owner_id,
        coalesce(accounts.segment, accounts.industry) as segment,
        accounts.employees,
        coalesce(deals_of_accounts.open_deals, 0) as open_deals,
        coalesce(leads_of_accounts.open_leads, 0) as open_leads,
        coalesce(deals_of_accounts.won_deals, 0) as won_deals,
        deals_of_accounts.won_minor,
        last_touches.last_touch_at,
        coalesce(last_touches.touches, 0) as touches,
        greatest(last_touches.last_touch_at, deals_of_accounts.last_won_at, deals_of_accounts.last_opened_at, leads_of_accounts.last_created_at)
            as waiting_since_at,
        accounts.source_system,
        accounts.source_record_key
    from {{ ref('int_accounts_merged') }} as accounts
    cross join evidence
    left join deals_of_accounts
        on accounts.account_id = deals_of_accounts.account_id
    left join leads_of_accounts
        on accounts.account_id = leads_of_accounts.account_id
    left join last_touches
        on accounts.account_id = last_touches.account_id
    where evidence.touches > 0
        and (
            coalesce(deals_of_accounts.open_deals, 0) > 0
            or coalesce(leads_of_accounts.open_leads, 0) > 0
            or coalesce(deals_of_accounts.won_deals, 0) > 0
        )
)

select
    owed.account_id,
    owed.owner_id,
    owed.segment,
    owed.employees,
    owed.employees <= {{ small_employees }} as is_small,
    cast(case when owed.open_deals > 0 then 'open_deal' when owed.open_leads > 0 then 'open_lead' else 'customer' end as string) as relation,
    cast(owed.open_deals as bigint) as open_deals,
    cast(owed.open_leads as bigint) as open_leads,
    cast(owed.won_deals as bigint) as won_deals,
    cast(owed.won_minor as bigint) as won_minor,
    cast({{ build_fact('reporting_currency') }} as string) as currency,
    owed.last_touch_at,
    cast(owed.touches as bigint) as touches,
    owed.waiting_since_at,
    cast({{ floor_divide(seconds_between('owed.waiting_since_at', build_fact('evaluated_at')), '86400') }} as bigint) as days_waiting,
    {{ neglected_days }} as neglected_days,
    owed.source_system,
    owed.source_record_key,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from owed
where {{ plus_days('owed.waiting_since_at', neglected_days) }} <= {{ build_fact('evaluated_at') }}
