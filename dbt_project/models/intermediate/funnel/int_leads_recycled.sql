-- Leads that sales sent back to marketing, from their first return on, and what became of them (C13): `revived_at` is the first
-- entry into `sql` or a later stage after the return, whatever was reached before it.
with returns as (
    select
        events.lead_id,
        min(events.entered_at) as returned_at,
        count(*) as returns
    from {{ ref('int_stage_events_mapped') }} as events
    inner join {{ ref('int_leads_standing') }} as standing
        on events.lead_id = standing.lead_id
    where events.stage = 'returned'
        and events.entered_at <= {{ build_fact('evaluated_at') }}
    group by events.lead_id
),

sales_stages as (
    select
        stages.stage,
        stages.chain_rank >= sql_stage.chain_rank as is_sql_or_later,
        stages.stage in ('won', 'paid') as is_win
    from {{ ref('int_stages_ranked') }} as stages
    inner join {{ ref('int_stages_ranked') }} as sql_stage
        on sql_stage.stage = 'sql'
    where stages.chain_rank is not null
),

later_entries as (
    select
        returns.lead_id,
        sales_stages.is_win,
        events.entered_at
    from returns
    inner join {{ ref('int_stage_events_mapped') }} as events
        on returns.lead_id = events.lead_id
        and events.entered_at > returns.returned_at
    inner join sales_stages
        on events.stage = sales_stages.stage
        and sales_stages.is_sql_or_later
    union all
    select
        returns.lead_id,
        true as is_win,
        deals.won_at as entered_at
    from returns
    inner join {{ ref('int_deals_valued') }} as deals
        on returns.lead_id = deals.lead_id
        and deals.won_at > returns.returned_at
),

fates as (
    select
        later_entries.lead_id,
        min(later_entries.entered_at) as revived_at,
        min(case when later_entries.is_win then later_entries.entered_at end) as won_at
    from later_entries
    where later_entries.entered_at <= {{ build_fact('evaluated_at') }}
    group by later_entries.lead_id
),

money as (
    select
        returns.lead_id,
        sum(deals.amount_reporting_minor) as won_minor
    from returns
    inner join {{ ref('int_deals_valued') }} as deals
        on returns.lead_id = deals.lead_id
        and deals.won_at > returns.returned_at
        and deals.won_at <= {{ build_fact('evaluated_at') }}
    group by returns.lead_id
)

select
    returns.lead_id,
    returns.returned_at,
    {{ local_date('returns.returned_at') }} as returned_on,
    cast(returns.returns as bigint) as returns,
    fates.revived_at,
    fates.won_at,
    cast(money.won_minor as bigint) as won_minor,
    cast(case
        when fates.won_at is not null then 'won'
        when fates.revived_at is not null and standing.stage = 'lost' then 'revived_lost'
        when fates.revived_at is not null and standing.stage = 'returned' then 'revived_returned'
        when fates.revived_at is not null then 'revived_open'
        when standing.stage = 'lost' then 'lost'
        else 'nurtured'
    end as string) as fate,
    coalesce(channelled.channel, 'unknown') as channel
from returns
inner join {{ ref('int_leads_standing') }} as standing
    on returns.lead_id = standing.lead_id
left join fates
    on returns.lead_id = fates.lead_id
left join money
    on returns.lead_id = money.lead_id
left join {{ ref('int_leads_channelled') }} as channelled
    on returns.lead_id = channelled.lead_id
