-- Every win of a deal and when it was taken back (D59). A deal is won when it enters `won` or a later stage, and re-opened when it
-- then enters any other; a win of one that was never re-opened stands at the instant the deal itself has. The value recorded with
-- the passage is the win's own; where none is, the deal's present value stands for it.
with deals_per_lead as (
    select
        deals.lead_id,
        count(*) as deals
    from {{ ref('deals') }} as deals
    where deals.lead_id is not null
    group by deals.lead_id
),

-- a lead and its only deal are one history, as in `int_stage_events_mapped`
histories as (
    select
        deals.deal_id,
        case when deals_per_lead.deals = 1 then 'lead:' || deals.lead_id else 'deal:' || deals.deal_id end as history_id
    from {{ ref('int_deals_valued') }} as deals
    left join deals_per_lead
        on deals.lead_id = deals_per_lead.lead_id
),

states as (
    select
        histories.deal_id,
        events.event_id,
        events.sequence,
        events.entered_at,
        events.stage not in ('returned', 'lost') and stages.position >= won.position as is_won
    from histories
    inner join {{ ref('int_stage_events_mapped') }} as events
        on histories.history_id = events.history_id
    inner join {{ ref('int_stages_ranked') }} as stages
        on events.stage = stages.stage
    cross join {{ ref('int_stages_ranked') }} as won
    where won.stage = 'won'
        -- a first contact that was written down after the win (Olist has one) re-opens nothing
        and not (
            coalesce(stages.owner_team, '') = 'marketing' and coalesce(stages.is_main_chain, false) and not coalesce(events.is_re_entry, false)
        )
),

states_compared as (
    select
        states.*,
        coalesce(lag(states.is_won) over (partition by states.deal_id order by states.sequence), false) as was_won
    from states
),

turns as (
    select
        states_compared.*,
        lead(states_compared.entered_at) over (partition by states_compared.deal_id order by states_compared.sequence) as turned_at
    from states_compared
    where states_compared.is_won <> states_compared.was_won
),

-- the last turn into a won stage is a win only where the deal counts as won
wins_in_events as (
    select
        turns.deal_id,
        turns.event_id,
        turns.entered_at as won_at,
        turns.turned_at as reopened_at,
        row_number() over (partition by turns.deal_id order by turns.sequence) as win_number,
        count(*) over (partition by turns.deal_id) as wins,
        max(case when turns.turned_at is not null then 1 else 0 end) over (partition by turns.deal_id) = 1 as was_reopened
    from turns
    inner join {{ ref('int_deals_valued') }} as deals
        on turns.deal_id = deals.deal_id
    where turns.is_won and (turns.turned_at is not null or deals.won_at is not null)
),

wins as (
    select
        reopened.deal_id,
        reopened.win_number,
        reopened.won_at,
        reopened.reopened_at,
        stage_events.amount_minor as recorded_minor,
        stage_events.currency as recorded_currency
    from wins_in_events as reopened
    left join {{ ref('stage_events') }} as stage_events
        on reopened.event_id = stage_events.event_id
    where reopened.was_reopened
    union all
    -- lost after it was won, without a passage on record that says so
    select
        deals.deal_id,
        1 as win_number,
        deals.won_at,
        case when deals.status = 'lost' and deals.lost_at > deals.won_at then deals.lost_at end as reopened_at,
        cast(null as bigint) as recorded_minor,
        cast(null as string) as recorded_currency
    from {{ ref('int_deals_valued') }} as deals
    left join wins_in_events as reopened
        on deals.deal_id = reopened.deal_id and reopened.was_reopened and reopened.win_number = 1
    where deals.won_at is not null and reopened.deal_id is null
),

valued as (
    select
        wins.deal_id,
        wins.win_number,
        wins.won_at,
        wins.reopened_at,
        {{ local_date('wins.won_at') }} as valued_on,
        wins.recorded_minor is not null as has_own_value,
        coalesce(wins.recorded_currency, deals.currency) as currency,
        deals.amount_minor as present_minor,
        deals.amount_vat_minor as present_vat_minor,
        wins.recorded_minor,
        coalesce(recorded.amounts_include_vat, false) as amounts_include_vat,
        -- VAT is the same share of every value of a deal
        case
            when coalesce(recorded.amount_minor, 0) = 0 then 0
            else {{ floor_divide(wide_product('wins.recorded_minor', 'coalesce(recorded.amount_vat_minor, 0)'), 'recorded.amount_minor') }}
        end as recorded_vat_minor
    from wins
    inner join {{ ref('int_deals_valued') }} as deals
        on wins.deal_id = deals.deal_id
    inner join {{ ref('deals') }} as recorded
        on wins.deal_id = recorded.deal_id
),

net_of_vat as (
    select
        valued.*,
        case
            when valued.has_own_value
                then valued.recorded_minor - case when valued.amounts_include_vat then cast(valued.recorded_vat_minor as bigint) else 0 end
            else valued.present_minor
        end as amount_minor,
        case when valued.has_own_value then cast(valued.recorded_vat_minor as bigint) else valued.present_vat_minor end as amount_vat_minor
    from valued
)

select
    net_of_vat.deal_id,
    cast(net_of_vat.win_number as bigint) as win_number,
    'won:' || net_of_vat.deal_id || case when net_of_vat.win_number = 1 then '' else ':' || cast(net_of_vat.win_number as string) end
        as conversion_id,
    net_of_vat.won_at,
    net_of_vat.reopened_at,
    cast(net_of_vat.amount_minor as bigint) as amount_minor,
    net_of_vat.currency,
    {{ in_reporting_currency(on_vat_basis('net_of_vat.amount_minor', 'net_of_vat.amount_vat_minor'), 'net_of_vat.currency') }}
        as amount_reporting_minor
from net_of_vat
{{ join_rates('net_of_vat.currency', 'net_of_vat.valued_on') }}
