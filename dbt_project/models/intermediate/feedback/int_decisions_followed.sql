-- Decisions and whether the data show that they were carried out: of a stopped campaign that nothing was spent from its day on,
-- of one to be fixed that a change of it was noted by its day. Of any other decision the data say nothing.
with decisions as (
    select
        decisions.decision_id,
        decisions.campaign_id,
        decisions.decision,
        decisions.decided_at,
        {{ local_date('decisions.decided_at') }} as decided_on,
        coalesce(decisions.due_on, {{ local_date('decisions.decided_at') }}) as due_on
    from {{ ref('decisions') }} as decisions
    where decisions.decided_at <= {{ build_fact('evaluated_at') }}
),

changes as (
    select
        annotations.campaign_id,
        {{ local_date('annotations.occurred_at') }} as occurred_on
    from {{ ref('annotations') }} as annotations
    where annotations.campaign_id is not null
),

spent as (
    select
        decisions.decision_id,
        sum(costs.amount_reporting_minor) as cost_minor
    from decisions
    inner join {{ ref('int_costs_daily') }} as costs
        on decisions.campaign_id = costs.campaign_id
    where costs.date_on >= decisions.due_on
    group by decisions.decision_id
),

changed as (
    select
        decisions.decision_id,
        count(*) as changes
    from decisions
    inner join changes
        on decisions.campaign_id = changes.campaign_id
    where changes.occurred_on >= decisions.decided_on and changes.occurred_on <= decisions.due_on
    group by decisions.decision_id
)

select
    decisions.decision_id,
    decisions.campaign_id,
    decisions.decision,
    decisions.decided_on,
    decisions.due_on,
    case
        when decisions.campaign_id is null or decisions.decision not in ('stop', 'fix') or decisions.due_on >= rules.evaluated_on then null
        when decisions.decision = 'stop' then coalesce(spent.cost_minor, 0) <= 0
        else coalesce(changed.changes, 0) > 0
    end as is_carried_out
from decisions
cross join {{ ref('int_feedback_rules') }} as rules
left join spent
    on decisions.decision_id = spent.decision_id
left join changed
    on decisions.decision_id = changed.decision_id
