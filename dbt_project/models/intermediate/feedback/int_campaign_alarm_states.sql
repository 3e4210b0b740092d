-- Campaigns watched day by day: of the leads of the last days, each judged at the same age (`age_days`), how many met the
-- metric, beside all other campaigns. A row stands for each day on which a figure of the campaign changed and holds until the
-- next. A running sum of comings and goings, so the work grows with the leads and not with the days of a window.
with metrics as (
    select metrics.*
    from {{ ref('stg_definitions__campaign_alarms') }} as metrics
    where {{ holds_on('metrics', evaluation_date()) }}
),

judged as (
    select
        metrics.metric,
        leads.campaign_id,
        cast({{ plus_days('leads.created_on', 'metrics.age_days') }} as date) as enters_on,
        cast({{ plus_days('leads.created_on', 'metrics.age_days + metrics.window_days') }} as date) as leaves_on,
        case
            when metrics.metric = 'quality_lead_share' then case when leads.is_quality_lead then 1 else 0 end
            when {{ seconds_between(
                'leads.created_at', "case metrics.metric when 'lead_to_mql' then leads.mql_at else leads.sql_at end"
            ) }} <= metrics.age_days * 86400 then 1
            else 0
        end as met
    from {{ ref('int_leads_followed') }} as leads
    cross join metrics
    cross join {{ ref('int_feedback_rules') }} as rules
    where leads.campaign_id is not null
        and {{ plus_days('leads.created_at', 'metrics.age_days') }} <= rules.evaluated_at
        and (metrics.metric <> 'quality_lead_share' or leads.is_quality_lead is not null)
),

moves as (
    select
        judged.metric,
        judged.campaign_id,
        judged.enters_on as date_on,
        1 as leads,
        judged.met
    from judged
    union all
    select
        judged.metric,
        judged.campaign_id,
        judged.leaves_on as date_on,
        -1 as leads,
        -judged.met as met
    from judged
),

daily as (
    select
        moves.metric,
        moves.campaign_id,
        moves.date_on,
        sum(moves.leads) as leads,
        sum(moves.met) as met
    from moves
    cross join {{ ref('int_feedback_rules') }} as rules
    where moves.date_on <= rules.evaluated_on
    group by moves.metric, moves.campaign_id, moves.date_on
),

daily_totals as (
    select
        daily.metric,
        daily.date_on,
        sum(daily.leads) as leads,
        sum(daily.met) as met
    from daily
    group by daily.metric, daily.date_on
),

totals as (
    select
        daily_totals.metric,
        daily_totals.date_on,
        sum(daily_totals.leads) over (
            partition by daily_totals.metric order by daily_totals.date_on rows between unbounded preceding and current row
        ) as leads,
        sum(daily_totals.met) over (
            partition by daily_totals.metric order by daily_totals.date_on rows between unbounded preceding and current row
        ) as met
    from daily_totals
),

states as (
    select
        daily.metric,
        daily.campaign_id,
        daily.date_on,
        sum(daily.leads) over (
            partition by daily.metric, daily.campaign_id order by daily.date_on rows between unbounded preceding and current row
        ) as leads,
        sum(daily.met) over (
            partition by daily.metric, daily.campaign_id order by daily.date_on rows between unbounded preceding and current row
        ) as met
    from daily
),

rated as (
    select
        states.metric,
        states.campaign_id,
        states.date_on,
        states.leads,
        states.met,
        totals.leads - states.leads as other_leads,
        totals.met - states.met as other_met,
        metrics.age_days,
        metrics.window_days,
        metrics.minimum_leads,
        metrics.rate_share,
        {{ ratio('states.met', 'states.leads') }} as rate,
        {{ wilson_bound('states.met', 'states.leads', '-') }} as rate_low,
        {{ wilson_bound('states.met', 'states.leads', '+') }} as rate_high,
        {{ ratio('(totals.met - states.met)', '(totals.leads - states.leads)') }} as other_rate,
        metrics.definition_version
    from states
    inner join totals
        on states.metric = totals.metric
        and states.date_on = totals.date_on
    inner join metrics
        on states.metric = metrics.metric
)

select
    rated.metric,
    rated.campaign_id,
    rated.date_on,
    cast(rated.leads as bigint) as leads,
    cast(rated.met as bigint) as met,
    rated.rate,
    rated.rate_low,
    rated.rate_high,
    cast(rated.other_leads as bigint) as other_leads,
    cast(rated.other_met as bigint) as other_met,
    rated.other_rate,
    rated.age_days,
    rated.window_days,
    coalesce(
        rated.leads >= rated.minimum_leads
        and rated.other_leads >= rated.minimum_leads
        and rated.rate_high < cast(rated.rate_share * cast(rated.other_rate as decimal(12, 9)) as decimal(38, 9)),
        false
    ) as is_raised,
    rated.definition_version
from rated
