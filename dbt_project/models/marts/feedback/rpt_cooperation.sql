with opened as (
    select
        days.month_starts_on,
        count(*) as disputes
    from {{ ref('int_disputes_dated') }} as disputes
    inner join {{ ref('int_days') }} as days
        on disputes.opened_on = days.date_on
    group by days.month_starts_on
),

settled as (
    select
        days.month_starts_on,
        count(*) as disputes,
        median(disputes.days_open) as median_days
    from {{ ref('int_disputes_dated') }} as disputes
    inner join {{ ref('int_days') }} as days
        on disputes.settled_on = days.date_on
    group by days.month_starts_on
),

open_at_end as (
    select
        months.month_starts_on,
        count(*) as disputes
    from {{ ref('int_kpi_months') }} as months
    inner join {{ ref('int_disputes_dated') }} as disputes
        on disputes.opened_on < months.next_month_starts_on
        and (disputes.settled_on is null or disputes.settled_on >= months.next_month_starts_on)
    group by months.month_starts_on
),

agreed as (
    select distinct sign_offs.definition
    from {{ ref('stg_build__definition_sign_offs') }} as sign_offs
),

-- Of the definitions that both teams sign: rates and costs are data. A first version is a setting up, no change.
recorded as (
    select
        days.month_starts_on,
        count(case when not versions.is_first then 1 end) as changed,
        count(case when versions.is_first then 1 end) as added
    from {{ ref('stg_build__definition_versions') }} as versions
    inner join agreed
        on versions.definition = agreed.definition
    inner join {{ ref('int_days') }} as days
        on versions.recorded_on = days.date_on
    group by days.month_starts_on
),

decided as (
    select
        days.month_starts_on,
        count(*) as made,
        count(decisions.is_carried_out) as checkable,
        count(case when decisions.is_carried_out then 1 end) as carried_out
    from {{ ref('int_decisions_followed') }} as decisions
    inner join {{ ref('int_days') }} as days
        on decisions.decided_on = days.date_on
    group by days.month_starts_on
)

select
    cast(months.period as string) as period,
    months.month_starts_on as period_start_on,
    months.next_month_starts_on as period_end_on,
    cast(coalesce(opened.disputes, 0) as bigint) as disputes_opened,
    cast(coalesce(settled.disputes, 0) as bigint) as disputes_settled,
    cast(coalesce(open_at_end.disputes, 0) as bigint) as disputes_open,
    cast(floor(settled.median_days) as bigint) as median_days_to_settle,
    cast(coalesce(recorded.added, 0) as bigint) as definitions_added,
    cast(coalesce(recorded.changed, 0) as bigint) as definitions_changed,
    cast(coalesce(decided.made, 0) as bigint) as decisions_made,
    cast(coalesce(decided.checkable, 0) as bigint) as decisions_checkable,
    cast(coalesce(decided.carried_out, 0) as bigint) as decisions_carried_out,
    {{ build_fact('evaluated_at') }} >= months.ends_at as is_complete,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from {{ ref('int_kpi_months') }} as months
left join opened
    on months.month_starts_on = opened.month_starts_on
left join settled
    on months.month_starts_on = settled.month_starts_on
left join open_at_end
    on months.month_starts_on = open_at_end.month_starts_on
left join recorded
    on months.month_starts_on = recorded.month_starts_on
left join decided
    on months.month_starts_on = decided.month_starts_on
