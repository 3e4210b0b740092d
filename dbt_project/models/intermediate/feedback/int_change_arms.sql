-- Counts behind the effect of a change: per arm the leads (or SQL, or proposals) that began in its days, those that have had
-- the time of the metric or of which the flag is known, and those that met it.
with members as (
    select
        leads.lead_id,
        leads.campaign_id,
        'lead' as anchor,
        leads.created_on as anchor_on,
        leads.created_at as anchor_at
    from {{ ref('int_leads_followed') }} as leads
    union all
    select
        leads.lead_id,
        leads.campaign_id,
        'sql' as anchor,
        leads.sql_on as anchor_on,
        leads.sql_at as anchor_at
    from {{ ref('int_leads_followed') }} as leads
    where leads.sql_at is not null
    union all
    select
        leads.lead_id,
        leads.campaign_id,
        'proposal' as anchor,
        leads.proposal_on as anchor_on,
        leads.proposal_at as anchor_at
    from {{ ref('int_leads_followed') }} as leads
    where leads.proposal_at is not null
),

placed as (
    select
        windows.annotation_id,
        windows.phase,
        windows.comparison,
        windows.metric,
        windows.arm,
        coalesce(windows.within_days * 86400, windows.within_minutes * 60) as within_seconds,
        members.anchor_at,
        case windows.metric
            when 'lead_to_mql' then leads.mql_at
            when 'lead_to_sql' then leads.sql_at
            when 'prompt_answer_share' then leads.first_attempt_at
            else leads.won_at
        end as reached_at,
        case windows.metric
            when 'quality_lead_share' then leads.is_quality_lead
            -- what is not known of a lead proves nothing: a form that asks less shows fewer quality leads
            when 'proven_quality_share' then coalesce(leads.is_quality_lead, false)
            when 'valid_phone_share' then leads.has_valid_phone
        end as is_flagged,
        windows.metric in ('quality_lead_share', 'proven_quality_share', 'valid_phone_share') as is_flag,
        rules.evaluated_at
    from {{ ref('int_change_windows') }} as windows
    cross join {{ ref('int_feedback_rules') }} as rules
    inner join members
        on windows.anchor = members.anchor
        and windows.date_on = members.anchor_on
    inner join {{ ref('int_leads_followed') }} as leads
        on members.lead_id = leads.lead_id
    where windows.comparison = 'company_over_time'
        or (windows.comparison = 'campaign_over_time' and members.campaign_id = windows.campaign_id)
        or (windows.comparison = 'campaign_beside_others' and windows.arm = 'with' and members.campaign_id = windows.campaign_id)
        or (windows.comparison = 'campaign_beside_others' and windows.arm = 'without' and members.campaign_id <> windows.campaign_id)
),

checked as (
    select
        placed.annotation_id,
        placed.phase,
        placed.comparison,
        placed.metric,
        placed.arm,
        case
            when placed.is_flag then placed.is_flagged is not null
            else {{ seconds_between('placed.anchor_at', 'placed.evaluated_at') }} >= placed.within_seconds
        end as is_counted,
        case
            when placed.is_flag then placed.is_flagged
            else placed.reached_at >= placed.anchor_at
                and {{ seconds_between('placed.anchor_at', 'placed.reached_at') }} <= placed.within_seconds
        end as is_met
    from placed
),

counted as (
    select
        checked.annotation_id,
        checked.phase,
        checked.comparison,
        checked.metric,
        checked.arm,
        count(*) as began,
        count(case when checked.is_counted then 1 end) as n,
        count(case when checked.is_counted and checked.is_met then 1 end) as met
    from checked
    group by checked.annotation_id, checked.phase, checked.comparison, checked.metric, checked.arm
),

-- Only days that are over count, so that what comes per day is not too small for a window that still runs.
spans as (
    select
        windows.annotation_id,
        windows.kind,
        windows.campaign_id,
        windows.started_on,
        windows.ended_on,
        windows.phase,
        windows.comparison,
        windows.metric,
        windows.within_days,
        windows.within_minutes,
        windows.arm,
        min(windows.span_from) as span_from,
        max(windows.span_to) as span_to,
        count(case when windows.date_on < rules.evaluated_on then 1 end) as days
    from {{ ref('int_change_windows') }} as windows
    cross join {{ ref('int_feedback_rules') }} as rules
    group by
        windows.annotation_id, windows.kind, windows.campaign_id, windows.started_on, windows.ended_on, windows.phase,
        windows.comparison, windows.metric, windows.within_days, windows.within_minutes, windows.arm
)

select
    spans.annotation_id,
    spans.kind,
    spans.campaign_id,
    spans.started_on,
    spans.ended_on,
    spans.phase,
    spans.comparison,
    spans.metric,
    spans.within_days,
    spans.within_minutes,
    min(case when spans.arm = 'without' then spans.span_from end) as without_from,
    min(case when spans.arm = 'without' then spans.span_to end) as without_to,
    min(case when spans.arm = 'with' then spans.span_from end) as with_from,
    min(case when spans.arm = 'with' then spans.span_to end) as with_to,
    {%- for arm in ['without', 'with'] %}
    cast(coalesce(max(case when spans.arm = '{{ arm }}' then spans.days end), 0) as bigint) as {{ arm }}_days,
    cast(coalesce(max(case when spans.arm = '{{ arm }}' then counted.began end), 0) as bigint) as {{ arm }}_began,
    cast(coalesce(max(case when spans.arm = '{{ arm }}' then counted.n end), 0) as bigint) as {{ arm }}_n,
    cast(coalesce(max(case when spans.arm = '{{ arm }}' then counted.met end), 0) as bigint) as {{ arm }}_met{% if not loop.last %},{% endif %}
    {%- endfor %}
from spans
left join counted
    on spans.annotation_id = counted.annotation_id
    and spans.phase = counted.phase
    and spans.comparison = counted.comparison
    and spans.metric = counted.metric
    and spans.arm = counted.arm
group by
    spans.annotation_id, spans.kind, spans.campaign_id, spans.started_on, spans.ended_on, spans.phase, spans.comparison,
    spans.metric, spans.within_days, spans.within_minutes
