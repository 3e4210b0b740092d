-- An alarm lasts from the day on which its rule first held to the first day on which it held no more.
with flagged as (
    select
        states.*,
        lag(states.is_raised) over (partition by states.metric, states.campaign_id order by states.date_on) as was_raised
    from {{ ref('int_campaign_alarm_states') }} as states
),

numbered as (
    select
        flagged.*,
        sum(case when flagged.is_raised and not coalesce(flagged.was_raised, false) then 1 else 0 end) over (
            partition by flagged.metric, flagged.campaign_id
            order by flagged.date_on rows between unbounded preceding and current row
        ) as alarm_number,
        lead(flagged.date_on) over (partition by flagged.metric, flagged.campaign_id order by flagged.date_on) as next_on,
        lead(flagged.is_raised) over (partition by flagged.metric, flagged.campaign_id order by flagged.date_on) as stays_raised
    from flagged
),

raised as (
    select
        numbered.*,
        min(numbered.date_on) over (partition by numbered.metric, numbered.campaign_id, numbered.alarm_number) as raised_on,
        max(numbered.date_on) over (partition by numbered.metric, numbered.campaign_id, numbered.alarm_number) as last_changed_on,
        max(case when not numbered.stays_raised then numbered.next_on end) over (
            partition by numbered.metric, numbered.campaign_id, numbered.alarm_number
        ) as ended_on
    from numbered
    where numbered.is_raised
),

firsts as (
    select
        raised.metric,
        raised.campaign_id,
        raised.raised_on,
        raised.leads,
        raised.met
    from raised
    where raised.date_on = raised.raised_on
),

begun as (
    select
        leads.campaign_id,
        min(leads.created_on) as first_lead_on
    from {{ ref('int_leads_followed') }} as leads
    where leads.campaign_id is not null
    group by leads.campaign_id
)

select
    raised.campaign_id,
    campaigns.campaign_name,
    coalesce(channelled.channel, 'unknown') as channel,
    cast(raised.metric as string) as metric,
    raised.raised_on,
    raised.ended_on,
    raised.ended_on is null as is_active,
    begun.first_lead_on,
    cast(
        {{ floor_divide(
            seconds_between('cast(begun.first_lead_on as timestamp)', 'cast(raised.raised_on as timestamp)'), '86400'
        ) }} as bigint
    ) as days_after_first_lead,
    raised.age_days,
    raised.window_days,
    firsts.leads as leads_when_raised,
    firsts.met as met_when_raised,
    raised.date_on as last_changed_on,
    raised.leads,
    raised.met,
    raised.rate,
    raised.rate_low,
    raised.rate_high,
    raised.other_leads,
    raised.other_met,
    raised.other_rate,
    raised.definition_version,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from raised
inner join firsts
    on raised.metric = firsts.metric
    and raised.campaign_id = firsts.campaign_id
    and raised.raised_on = firsts.raised_on
inner join begun
    on raised.campaign_id = begun.campaign_id
left join {{ ref('int_campaigns_merged') }} as campaigns
    on raised.campaign_id = campaigns.campaign_id
left join {{ ref('int_campaigns_channelled') }} as channelled
    on raised.campaign_id = channelled.campaign_id
where raised.date_on = raised.last_changed_on
