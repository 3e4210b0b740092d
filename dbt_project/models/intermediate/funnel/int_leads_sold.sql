-- How every counted lead sold, beside the windows after which that may be compared: reached `sql`, reached the close event, money
-- of its won deals. Rates count leads past the window only (D14).
with windows as (
    select
        max(case when steps.to_stage = 'sql' then steps.window_days end) as sql_window_days,
        max(case when steps.to_stage = {{ policy('close_event') }} then steps.window_days end) as close_window_days
    from {{ ref('int_funnel_steps') }} as steps
    where steps.from_stage = 'lead'
        and steps.cohort_basis = 'lead'
),

reached as (
    select
        entries.lead_id,
        min(case when entries.stage = 'lead' then entries.reached_at end) as lead_reached_at,
        min(case when entries.stage = 'sql' then entries.reached_at end) as sql_reached_at,
        min(case when entries.stage = {{ policy('close_event') }} then entries.reached_at end) as closed_at
    from {{ ref('int_leads_reached') }} as entries
    group by entries.lead_id
),

money as (
    select
        deals.lead_id,
        count(deals.amount_reporting_minor) as valued_deals,
        sum(deals.amount_reporting_minor) as won_minor
    from {{ ref('int_deals_valued') }} as deals
    where deals.lead_id is not null
        and deals.won_at <= {{ build_fact('evaluated_at') }}
    group by deals.lead_id
)

select
    leads.lead_id,
    leads.created_at,
    reached.sql_reached_at,
    reached.closed_at,
    coalesce({{ plus_days('leads.created_at', 'windows.sql_window_days') }} <= {{ build_fact('evaluated_at') }}, false) as is_mature_for_sql,
    coalesce({{ plus_days('leads.created_at', 'windows.close_window_days') }} <= {{ build_fact('evaluated_at') }}, false) as is_mature_for_close,
    reached.sql_reached_at is not null as is_sql,
    reached.closed_at is not null as is_closed,
    cast(coalesce(money.valued_deals, 0) as bigint) as valued_deals,
    cast(money.won_minor as bigint) as won_minor
from reached
inner join {{ ref('leads') }} as leads
    on reached.lead_id = leads.lead_id
cross join windows
left join money
    on reached.lead_id = money.lead_id
