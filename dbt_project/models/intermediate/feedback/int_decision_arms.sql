-- Leads of a decision's campaign and of the campaigns without a decision, before and after it, with those that reached SQL in
-- time (D70). A lead counts once it has had the time.
with decisions as (
    select
        decisions.decision_id,
        decisions.campaign_id,
        {{ local_date('decisions.decided_at') }} as decided_on
    from {{ ref('decisions') }} as decisions
    where decisions.campaign_id is not null and decisions.decided_at <= {{ build_fact('evaluated_at') }}
),

-- A campaign that was decided on inside the two windows is no reference for this decision.
decided_nearby as (
    select distinct
        decisions.decision_id,
        others.campaign_id
    from decisions
    cross join {{ ref('int_feedback_rules') }} as rules
    inner join decisions as others
        on others.decided_on > cast({{ plus_days('decisions.decided_on', '-rules.review_effect_days') }} as date)
        and others.decided_on < cast({{ plus_days('decisions.decided_on', 'rules.review_effect_days') }} as date)
),

window_days as (
    select
        decisions.decision_id,
        decisions.campaign_id,
        days.date_on,
        days.date_on >= decisions.decided_on as is_after,
        rules.review_sql_days,
        rules.evaluated_at
    from decisions
    cross join {{ ref('int_feedback_rules') }} as rules
    inner join {{ ref('int_days') }} as days
        on days.date_on >= cast({{ plus_days('decisions.decided_on', '-rules.review_effect_days') }} as date)
        and days.date_on < cast({{ plus_days('decisions.decided_on', 'rules.review_effect_days') }} as date)
),

members as (
    select
        window_days.decision_id,
        window_days.is_after,
        window_days.campaign_id = leads.campaign_id as is_own,
        case
            when {{ seconds_between('leads.created_at', 'leads.sql_at') }} <= window_days.review_sql_days * 86400 then 1
            else 0
        end as is_sql
    from window_days
    inner join {{ ref('int_leads_followed') }} as leads
        on window_days.date_on = leads.created_on
    left join decided_nearby
        on window_days.decision_id = decided_nearby.decision_id
        and leads.campaign_id = decided_nearby.campaign_id
    where leads.campaign_id is not null
        and {{ plus_days('leads.created_at', 'window_days.review_sql_days') }} <= window_days.evaluated_at
        and (window_days.campaign_id = leads.campaign_id or decided_nearby.campaign_id is null)
),

counted as (
    select
        members.decision_id,
        count(case when members.is_own and not members.is_after then 1 end) as before_n,
        sum(case when members.is_own and not members.is_after then members.is_sql else 0 end) as before_sql,
        count(case when members.is_own and members.is_after then 1 end) as after_n,
        sum(case when members.is_own and members.is_after then members.is_sql else 0 end) as after_sql,
        count(case when not members.is_own and not members.is_after then 1 end) as reference_before_n,
        sum(case when not members.is_own and not members.is_after then members.is_sql else 0 end) as reference_before_sql,
        count(case when not members.is_own and members.is_after then 1 end) as reference_after_n,
        sum(case when not members.is_own and members.is_after then members.is_sql else 0 end) as reference_after_sql
    from members
    group by members.decision_id
)

select
    decisions.decision_id,
    decisions.campaign_id,
    decisions.decided_on,
    rules.evaluated_on >= cast(
        {{ plus_days('decisions.decided_on', 'rules.review_effect_days + rules.review_sql_days') }} as date
    ) as is_mature,
    cast(coalesce(counted.before_n, 0) as bigint) as before_n,
    cast(coalesce(counted.before_sql, 0) as bigint) as before_sql,
    cast(coalesce(counted.after_n, 0) as bigint) as after_n,
    cast(coalesce(counted.after_sql, 0) as bigint) as after_sql,
    cast(coalesce(counted.reference_before_n, 0) as bigint) as reference_before_n,
    cast(coalesce(counted.reference_before_sql, 0) as bigint) as reference_before_sql,
    cast(coalesce(counted.reference_after_n, 0) as bigint) as reference_after_n,
    cast(coalesce(counted.reference_after_sql, 0) as bigint) as reference_after_sql
from decisions
cross join {{ ref('int_feedback_rules') }} as rules
left join counted
    on decisions.decision_id = counted.decision_id
