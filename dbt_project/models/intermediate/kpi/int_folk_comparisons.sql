-- What the folk claims compare, counted: events and base of the group that the claim is about, and of the one beside it.
-- Alignment: leads of the 90 days from the latest change of the agreement that can be judged (`sla_change` of the
-- annotations) against those of the 90 days before it, by reaching SQL inside the window lead → SQL.
-- Misalignment: new customers and their cost in the mature months whose MQL → SQL missed its target, against the others.
-- Reaction: close of the mature leads that were first tried within five minutes of their creation against those tried later; and
-- of those first tried on a later day of their first week against those tried on the first. Days are of 24 hours from creation.
{%- set window_days %}
    (
        select max(windows.window_days)
        from {{ ref('stg_definitions__step_windows') }} as windows
        where windows.from_stage = 'lead' and windows.to_stage = 'sql' and windows.cohort_basis = 'lead'
            and {{ holds_on('windows', evaluation_date()) }}
    )
{%- endset %}
with changes as (
    select max(annotations.occurred_at) as changed_at
    from {{ ref('annotations') }} as annotations
    where annotations.kind = 'sla_change'
        and {{ plus_days('annotations.occurred_at', '90 + ' ~ window_days) }} <= {{ build_fact('evaluated_at') }}
),

leads as (
    select
        leads.lead_id,
        leads.created_at,
        {{ seconds_between('leads.created_at', 'sql_reached.reached_at') }} as seconds_to_sql
    from {{ ref('leads') }} as leads
    inner join {{ ref('int_leads_reached') }} as counted
        on leads.lead_id = counted.lead_id
        and counted.stage = 'lead'
    left join {{ ref('int_leads_reached') }} as sql_reached
        on leads.lead_id = sql_reached.lead_id
        and sql_reached.stage = 'sql'
),

around_the_change as (
    select
        case when leads.created_at >= changes.changed_at then 1 else 0 end as is_after,
        case when leads.seconds_to_sql <= {{ window_days }} * 86400 then 1 else 0 end as is_sql
    from leads
    cross join changes
    where leads.created_at >= {{ plus_days('changes.changed_at', -90) }}
        and leads.created_at < {{ plus_days('changes.changed_at', 90) }}
),

aligned as (
    select
        'alignment_lifts_conversion' as claim,
        'proportions' as compared,
        changes.changed_at,
        sum(around_the_change.is_after * around_the_change.is_sql) as events,
        sum(around_the_change.is_after) as base,
        sum((1 - around_the_change.is_after) * around_the_change.is_sql) as other_events,
        sum(1 - around_the_change.is_after) as other_base
    from changes
    left join around_the_change
        on changes.changed_at is not null
    group by changes.changed_at
),

targets as (
    select max(scaled.target_low) as target_low
    from {{ ref('int_targets_scaled') }} as scaled
    where scaled.kpi = 'mql_to_sql' and scaled.variant = 'default'
),

months as (
    select
        costs.month_starts_on,
        case when conversions.value < targets.target_low then 1 else 0 end as is_misaligned,
        costs.numerator as cost_minor,
        costs.denominator as new_customers
    from {{ ref('int_kpis_acquisition') }} as costs
    inner join {{ ref('int_kpis_conversion') }} as conversions
        on costs.month_starts_on = conversions.month_starts_on
        and conversions.kpi = 'mql_to_sql'
        and conversions.variant = 'default'
        and conversions.segment = '(all)'
        and conversions.is_mature
        and conversions.value is not null
    cross join targets
    where costs.kpi = 'cac_blended' and costs.variant = 'default' and costs.segment = '(all)'
        and costs.numerator is not null
        and targets.target_low is not null
),

misaligned as (
    select
        'misalignment_raises_cac' as claim,
        'rates' as compared,
        cast(null as timestamp) as changed_at,
        -- a customer costs more where fewer customers come of the same money: the ratio of CACs is that of customers per cost
        -- the other way round
        sum((1 - months.is_misaligned) * months.new_customers) as events,
        sum((1 - months.is_misaligned) * months.cost_minor) as base,
        sum(months.is_misaligned * months.new_customers) as other_events,
        sum(months.is_misaligned * months.cost_minor) as other_base,
        count(*) as months
    from months
),

-- An attempt on record, not one that a later stage implies: leads that nobody tried have no delay.
reactions as (
    select
        clocks.calendar_seconds,
        {{ floor_divide('clocks.calendar_seconds', '86400') }} as delay_days,
        case when leads.is_closed then 1 else 0 end as is_closed
    from {{ ref('int_clocks_judged') }} as clocks
    inner join {{ ref('int_leads_sold') }} as leads
        on clocks.lead_id = leads.lead_id
        and leads.is_mature_for_close
    where clocks.clock = 'reaction' and clocks.episode = 0
        and clocks.state <> 'not_applicable'
        and clocks.stopped_at is not null
        and not clocks.is_implied
),

prompt as (
    select
        sum(case when reactions.calendar_seconds <= 300 then reactions.is_closed end) as events,
        count(case when reactions.calendar_seconds <= 300 then 1 end) as base,
        sum(case when reactions.calendar_seconds > 300 then reactions.is_closed end) as other_events,
        count(case when reactions.calendar_seconds > 300 then 1 end) as other_base
    from reactions
),

delayed as (
    select
        sum(case when reactions.delay_days > 0 then reactions.is_closed end) as events,
        count(case when reactions.delay_days > 0 then 1 end) as base,
        sum(case when reactions.delay_days = 0 then reactions.is_closed end) as other_events,
        count(case when reactions.delay_days = 0 then 1 end) as other_base,
        sum(reactions.delay_days) as delay_days
    from reactions
    where reactions.delay_days < 7
)

select
    cast(aligned.claim as string) as claim,
    cast(aligned.compared as string) as compared,
    aligned.changed_at,
    cast(coalesce(aligned.events, 0) as bigint) as events,
    cast(coalesce(aligned.base, 0) as bigint) as base,
    cast(coalesce(aligned.other_events, 0) as bigint) as other_events,
    cast(coalesce(aligned.other_base, 0) as bigint) as other_base,
    cast(null as bigint) as delay_days,
    cast(least(coalesce(aligned.base, 0), coalesce(aligned.other_base, 0)) as bigint) as n
from aligned
union all
select
    cast(misaligned.claim as string) as claim,
    cast(misaligned.compared as string) as compared,
    misaligned.changed_at,
    cast(coalesce(misaligned.events, 0) as bigint) as events,
    cast(coalesce(misaligned.base, 0) as bigint) as base,
    cast(coalesce(misaligned.other_events, 0) as bigint) as other_events,
    cast(coalesce(misaligned.other_base, 0) as bigint) as other_base,
    cast(null as bigint) as delay_days,
    cast(misaligned.months as bigint) as n
from misaligned
union all
select
    'five_minute_answer_converts_better' as claim,
    'proportions' as compared,
    cast(null as timestamp) as changed_at,
    cast(coalesce(prompt.events, 0) as bigint) as events,
    cast(prompt.base as bigint) as base,
    cast(coalesce(prompt.other_events, 0) as bigint) as other_events,
    cast(prompt.other_base as bigint) as other_base,
    cast(null as bigint) as delay_days,
    cast(least(prompt.base, prompt.other_base) as bigint) as n
from prompt
union all
select
    'delay_lowers_odds' as claim,
    'odds_per_day' as compared,
    cast(null as timestamp) as changed_at,
    cast(coalesce(delayed.events, 0) as bigint) as events,
    cast(delayed.base as bigint) as base,
    cast(coalesce(delayed.other_events, 0) as bigint) as other_events,
    cast(delayed.other_base as bigint) as other_base,
    cast(coalesce(delayed.delay_days, 0) as bigint) as delay_days,
    cast(least(delayed.base, delayed.other_base) as bigint) as n
from delayed
