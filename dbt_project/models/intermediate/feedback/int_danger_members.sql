-- Everything that a danger sign is a share of, with what speaks for the sign marked (D75). `weight` is 1, or money where the
-- share is one of money. Sign 3 looks at the newest leads that have had the time to reach SQL, and at the spend of the days in
-- which they came.
with maturity as (
    select max(steps.window_days) as window_days
    from {{ ref('int_funnel_steps') }} as steps
    where steps.from_stage = 'lead' and steps.to_stage = 'sql' and steps.cohort_basis = 'lead'
),

window_days as (
    select
        windows.period,
        windows.window_to,
        days.date_on
    from {{ ref('int_danger_windows') }} as windows
    inner join {{ ref('int_days') }} as days
        on days.date_on >= windows.window_from and days.date_on < windows.window_to
),

shifted_days as (
    select
        window_days.period,
        window_days.window_to,
        cast({{ plus_days('window_days.date_on', '-maturity.window_days') }} as date) as date_on
    from window_days
    cross join maturity
),

campaign_leads as (
    select
        shifted_days.period,
        leads.campaign_id,
        count(*) as leads,
        count(case when leads.sql_on < shifted_days.window_to then 1 end) as sql
    from shifted_days
    inner join {{ ref('int_leads_followed') }} as leads
        on shifted_days.date_on = leads.created_on
    where leads.campaign_id is not null
    group by shifted_days.period, leads.campaign_id
),

campaign_costs as (
    select
        shifted_days.period,
        costs.campaign_id,
        sum(costs.amount_reporting_minor) as cost_minor
    from shifted_days
    inner join {{ ref('int_costs_daily') }} as costs
        on shifted_days.date_on = costs.date_on
    where costs.campaign_id is not null
    group by shifted_days.period, costs.campaign_id
),

-- Without a touch in any window of any model; the widest window decides.
unattributed as (
    select
        rows_without_touch.conversion_key,
        count(*) as windows
    from {{ ref('int_conversions_unattributed') }} as rows_without_touch
    group by rows_without_touch.conversion_key
),

model_windows as (
    select count(distinct models.window_key) as windows
    from {{ ref('int_attribution_models_enabled') }} as models
),

won as (
    select
        conversions.conversion_key,
        conversions.deal_id,
        revenue.amount_reporting_minor,
        {{ local_date('revenue.credited_at') }} as credited_on,
        conversions.source_record_key
    from {{ ref('int_conversions_gathered') }} as conversions
    inner join {{ ref('int_revenue_rows') }} as revenue
        on conversions.conversion_id = revenue.conversion_id
    where conversions.kind = 'won' and conversions.is_attributed and revenue.amount_reporting_minor > 0
),

decided as (
    select
        {{ text_key(['handovers.lead_id', 'handovers.episode']) }} as handover_id,
        handovers.outcome,
        handovers.return_reason,
        {{ local_date('handovers.ended_at') }} as ended_on,
        handovers.source_record_key
    from {{ ref('int_handovers') }} as handovers
    where handovers.outcome in ('sql', 'rejected', 'returned') and handovers.ended_at <= {{ build_fact('evaluated_at') }}
),

-- Episodes whose time for the contact is over, where contacts are recorded at all.
due_contacts as (
    select
        {{ text_key(['clocks.lead_id', 'clocks.episode']) }} as handover_id,
        {{ local_date('clocks.limit_at') }} as limit_on,
        (
            coalesce(clocks.first_attempt_at > clocks.limit_at, true)
            and coalesce(clocks.stopped_at > clocks.limit_at, true)
        ) or (clocks.is_unreachable and clocks.enough_attempts_at is null) as is_neglected
    from {{ ref('int_clocks_measured') }} as clocks
    where clocks.clock = 'contact'
        and clocks.is_applicable
        and clocks.has_activities
        and not clocks.is_void
        and clocks.limit_at <= {{ build_fact('evaluated_at') }}
),

members as (
    select
        'no_return' as sign,
        'campaigns_without_sql' as component,
        campaign_costs.period,
        'campaign' as entity,
        campaign_costs.campaign_id as entity_id,
        campaign_costs.cost_minor as weight,
        coalesce(campaign_leads.leads >= rules.danger_minimum_leads and campaign_leads.sql = 0, false) as is_sign,
        campaign_leads.leads as n,
        cast(null as bigint) as seconds,
        cast(null as string) as source_record_key
    from campaign_costs
    cross join {{ ref('int_feedback_rules') }} as rules
    left join campaign_leads
        on campaign_costs.period = campaign_leads.period
        and campaign_costs.campaign_id = campaign_leads.campaign_id
    where campaign_costs.cost_minor > 0
    union all
    select
        'slow_customers' as sign,
        'answers' as component,
        window_days.period,
        'person' as entity,
        messages.person_id as entity_id,
        1 as weight,
        true as is_sign,
        cast(null as bigint) as n,
        messages.seconds,
        cast(null as string) as source_record_key
    from window_days
    inner join {{ ref('int_first_messages') }} as messages
        on window_days.date_on = messages.answered_on
    union all
    select
        'no_data' as sign,
        'unattributed_revenue' as component,
        window_days.period,
        'deal' as entity,
        won.deal_id as entity_id,
        won.amount_reporting_minor as weight,
        coalesce(unattributed.windows = model_windows.windows, false) as is_sign,
        cast(null as bigint) as n,
        cast(null as bigint) as seconds,
        won.source_record_key
    from window_days
    inner join won
        on window_days.date_on = won.credited_on
    cross join model_windows
    left join unattributed
        on won.conversion_key = unattributed.conversion_key
    union all
    select
        'no_data' as sign,
        'refusals_without_reason' as component,
        window_days.period,
        'rejection' as entity,
        refusals.rejection_id as entity_id,
        1 as weight,
        refusals.reason is null as is_sign,
        cast(null as bigint) as n,
        cast(null as bigint) as seconds,
        refusals.source_record_key
    from window_days
    inner join {{ ref('int_rejections_mapped') }} as refusals
        on window_days.date_on = refusals.rejected_on
    where refusals.kind = 'rejected'
        and refusals.lead_id is not null
        and refusals.rejected_at <= {{ build_fact('evaluated_at') }}
    union all
    select
        'bad_leads' as sign,
        'refused_for_quality' as component,
        window_days.period,
        'handover' as entity,
        decided.handover_id as entity_id,
        1 as weight,
        coalesce(decided.outcome <> 'sql' and decided.return_reason in ('not_icp', 'no_budget', 'bad_data'), false) as is_sign,
        cast(null as bigint) as n,
        cast(null as bigint) as seconds,
        decided.source_record_key
    from window_days
    inner join decided
        on window_days.date_on = decided.ended_on
    union all
    select
        'no_follow_up' as sign,
        'not_tried' as component,
        window_days.period,
        'handover' as entity,
        due_contacts.handover_id as entity_id,
        1 as weight,
        coalesce(due_contacts.is_neglected, false) as is_sign,
        cast(null as bigint) as n,
        cast(null as bigint) as seconds,
        cast(null as string) as source_record_key
    from window_days
    inner join due_contacts
        on window_days.date_on = due_contacts.limit_on
)

select
    cast(members.sign as string) as sign,
    cast(members.component as string) as component,
    members.period,
    cast(members.entity as string) as entity,
    members.entity_id,
    cast(members.weight as bigint) as weight,
    members.is_sign,
    cast(members.n as bigint) as n,
    members.seconds,
    members.source_record_key
from members
