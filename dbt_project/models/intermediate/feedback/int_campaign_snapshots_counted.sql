-- Counts of the snapshots that are due and not frozen yet (D70). Day N of a cohort ends N local days after its first day
-- begins; what happened later is left out, so that a snapshot says what its day could have said. Reference: all other
-- campaigns, their leads of the same days, cut at the same instant.
{%- set reasons = ['no_budget', 'not_icp', 'too_early', 'competitor', 'unreachable', 'duplicate', 'bad_data', 'other'] %}
{%- set counts = ['leads', 'quality_leads', 'quality_known', 'mql', 'sql', 'proposals', 'won', 'exposed', 'sql_in_time', 'refused'] %}

with snapshots as (
    select
        cohorts.campaign_id,
        cohorts.begins_on,
        review_days.review_day,
        review_days.window_days,
        review_days.makes_proposal,
        review_days.definition_version,
        cast({{ plus_days('cohorts.begins_on', 'review_days.review_day - 1') }} as date) as snapshot_on,
        {{ local_midnight(plus_days('cohorts.begins_on', 'review_days.review_day')) }} as snapshot_at
    from {{ ref('int_campaign_cohorts') }} as cohorts
    cross join {{ ref('stg_definitions__review_days') }} as review_days
    where {{ holds_on('review_days', evaluation_date()) }}
),

due as (
    select
        snapshots.*,
        rules.evaluated_on,
        rules.review_sql_days,
        rules.reporting_currency
    from snapshots
    cross join {{ ref('int_feedback_rules') }} as rules
    left join {{ ref('stg_frozen__campaign_snapshots') }} as frozen
        on snapshots.campaign_id = frozen.campaign_id
        and snapshots.begins_on = frozen.begins_on
        and snapshots.review_day = frozen.review_day
    where snapshots.snapshot_at <= rules.evaluated_at and frozen.campaign_id is null
),

windows as (
    select distinct
        due.begins_on,
        due.review_day,
        due.snapshot_at,
        due.review_sql_days,
        cast({{ plus_days('due.begins_on', 'due.window_days') }} as date) as ends_on
    from due
),

days_reviewed as (
    select days.date_on
    from {{ ref('int_days') }} as days
    inner join (
        select
            min(windows.begins_on) as begins_on,
            max(windows.ends_on) as ends_on
        from windows
    ) as span
        on span.begins_on <= days.date_on
        and days.date_on < span.ends_on
),

-- The days of each window once, however many campaigns share them. Windows are few and so are the days that they lie in: Spark,
-- which joins by a range row by row and reads this several times, took 40 s over every campaign and every day of the calendar.
window_days as (
    select
        windows.begins_on,
        windows.review_day,
        windows.snapshot_at,
        windows.review_sql_days,
        days_reviewed.date_on
    from windows
    inner join days_reviewed
        on windows.begins_on <= days_reviewed.date_on
        and days_reviewed.date_on < windows.ends_on
),

last_refusals as (
    select
        window_days.begins_on,
        window_days.review_day,
        refusals.lead_id,
        refusals.reason,
        row_number() over (
            partition by window_days.begins_on, window_days.review_day, refusals.lead_id
            order by refusals.rejected_at desc, refusals.rejection_id desc
        ) as recency
    from window_days
    inner join {{ ref('int_leads_followed') }} as leads
        on window_days.date_on = leads.created_on
    inner join {{ ref('int_rejections_mapped') }} as refusals
        on leads.lead_id = refusals.lead_id
    where refusals.rejected_at < window_days.snapshot_at and leads.campaign_id is not null
),

members as (
    select
        window_days.begins_on,
        window_days.review_day,
        leads.campaign_id,
        1 as leads,
        case when leads.is_quality_lead then 1 else 0 end as quality_leads,
        case when leads.is_quality_lead is not null then 1 else 0 end as quality_known,
        case when leads.mql_at < window_days.snapshot_at then 1 else 0 end as mql,
        case when leads.sql_at < window_days.snapshot_at then 1 else 0 end as sql,
        case when leads.proposal_at < window_days.snapshot_at then 1 else 0 end as proposals,
        case when leads.won_at < window_days.snapshot_at then 1 else 0 end as won,
        case
            when {{ plus_days('leads.created_at', 'window_days.review_sql_days') }} <= window_days.snapshot_at then 1 else 0
        end as exposed,
        case
            when {{ plus_days('leads.created_at', 'window_days.review_sql_days') }} <= window_days.snapshot_at
                and {{ seconds_between('leads.created_at', 'leads.sql_at') }} <= window_days.review_sql_days * 86400
                then 1
            else 0
        end as sql_in_time,
        case when refusals.lead_id is not null then 1 else 0 end as refused,
        {%- for reason in reasons %}
        case when refusals.reason = '{{ reason }}' then 1 else 0 end as refused_{{ reason }},
        {%- endfor %}
        case when refusals.lead_id is not null and refusals.reason is null then 1 else 0 end as refused_without_reason
    from window_days
    inner join {{ ref('int_leads_followed') }} as leads
        on window_days.date_on = leads.created_on
    left join last_refusals as refusals
        on window_days.begins_on = refusals.begins_on
        and window_days.review_day = refusals.review_day
        and leads.lead_id = refusals.lead_id
        and refusals.recency = 1
    where leads.campaign_id is not null
),

counted as (
    select
        members.begins_on,
        members.review_day,
        members.campaign_id,
        {%- for count in counts %}
        sum(members.{{ count }}) as {{ count }},
        {%- endfor %}
        {%- for reason in reasons %}
        sum(members.refused_{{ reason }}) as refused_{{ reason }},
        {%- endfor %}
        sum(members.refused_without_reason) as refused_without_reason
    from members
    group by members.begins_on, members.review_day, members.campaign_id
),

-- A day without a rate makes the cost unknown, not smaller (D5).
spent as (
    select
        window_days.begins_on,
        window_days.review_day,
        costs.campaign_id,
        case when count(*) = count(costs.amount_reporting_minor) then sum(costs.amount_reporting_minor) end as cost_minor
    from window_days
    inner join {{ ref('int_costs_daily') }} as costs
        on window_days.date_on = costs.date_on
    where costs.campaign_id is not null
    group by window_days.begins_on, window_days.review_day, costs.campaign_id
),

everybody as (
    select
        coalesce(counted.begins_on, spent.begins_on) as begins_on,
        coalesce(counted.review_day, spent.review_day) as review_day,
        coalesce(counted.leads, 0) as leads,
        coalesce(counted.exposed, 0) as exposed,
        coalesce(counted.sql_in_time, 0) as sql_in_time,
        spent.cost_minor,
        case when spent.cost_minor is not null then coalesce(counted.sql_in_time, 0) else 0 end as sql_with_cost
    from counted
    full outer join spent
        on counted.begins_on = spent.begins_on
        and counted.review_day = spent.review_day
        and counted.campaign_id = spent.campaign_id
),

totals as (
    select
        everybody.begins_on,
        everybody.review_day,
        sum(everybody.leads) as leads,
        sum(everybody.exposed) as exposed,
        sum(everybody.sql_in_time) as sql_in_time,
        count(everybody.cost_minor) as campaigns_with_cost,
        sum(everybody.cost_minor) as cost_minor,
        sum(everybody.sql_with_cost) as sql_with_cost
    from everybody
    group by everybody.begins_on, everybody.review_day
)

select
    due.campaign_id,
    due.begins_on,
    due.review_day,
    due.makes_proposal,
    due.snapshot_on,
    due.window_days,
    due.evaluated_on as known_on,
    -- the run on the morning after the day still finds it as it was; whoever comes later finds what was written since
    due.evaluated_on > cast({{ plus_days('due.snapshot_on', 1) }} as date) as is_reconstructed,
    {%- for count in counts %}
    cast(coalesce(counted.{{ count }}, 0) as bigint) as {{ count }},
    {%- endfor %}
    {%- for reason in reasons %}
    cast(coalesce(counted.refused_{{ reason }}, 0) as bigint) as refused_{{ reason }},
    {%- endfor %}
    cast(coalesce(counted.refused_without_reason, 0) as bigint) as refused_without_reason,
    due.review_sql_days as sql_days,
    cast(spent.cost_minor as bigint) as cost_minor,
    due.reporting_currency as currency,
    cast(coalesce(totals.leads, 0) - coalesce(counted.leads, 0) as bigint) as reference_leads,
    cast(coalesce(totals.exposed, 0) - coalesce(counted.exposed, 0) as bigint) as reference_exposed,
    cast(coalesce(totals.sql_in_time, 0) - coalesce(counted.sql_in_time, 0) as bigint) as reference_sql_in_time,
    cast(
        case
            when totals.campaigns_with_cost > case when spent.cost_minor is null then 0 else 1 end
                then totals.cost_minor - coalesce(spent.cost_minor, 0)
        end as bigint
    ) as reference_cost_minor,
    cast(
        coalesce(totals.sql_with_cost, 0) - case when spent.cost_minor is not null then coalesce(counted.sql_in_time, 0) else 0 end
        as bigint
    ) as reference_sql_with_cost,
    due.definition_version
from due
left join counted
    on due.begins_on = counted.begins_on
    and due.review_day = counted.review_day
    and due.campaign_id = counted.campaign_id
left join spent
    on due.begins_on = spent.begins_on
    and due.review_day = spent.review_day
    and due.campaign_id = spent.campaign_id
left join totals
    on due.begins_on = totals.begins_on
    and due.review_day = totals.review_day
