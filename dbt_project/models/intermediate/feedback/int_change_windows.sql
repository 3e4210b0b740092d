-- Which leads a dated change is judged on: every local day of every window, an arm each. Over time the arm `with` has the days
-- after the change (of its end: the days before it was taken back), beside others it has the leads of the change's campaign
-- and `without` those of all other campaigns in the same days. Windows stop where the change was taken back.
with changes as (
    select
        annotations.annotation_id,
        annotations.kind,
        annotations.campaign_id,
        {{ local_date('annotations.occurred_at') }} as started_on,
        case
            when annotations.ended_at <= {{ build_fact('evaluated_at') }} then {{ local_date('annotations.ended_at') }}
        end as ended_on
    from {{ ref('annotations') }} as annotations
    where annotations.occurred_at <= {{ build_fact('evaluated_at') }}
),

metrics as (
    select metrics.*
    from {{ ref('stg_definitions__change_metrics') }} as metrics
    where {{ holds_on('metrics', evaluation_date()) }}
),

judged as (
    select
        changes.annotation_id,
        changes.kind,
        changes.campaign_id,
        changes.started_on,
        changes.ended_on,
        metrics.metric,
        metrics.within_days,
        metrics.within_minutes,
        metrics.window_days,
        case metrics.metric when 'sql_to_won' then 'sql' when 'proposal_to_won' then 'proposal' else 'lead' end as anchor,
        cast({{ plus_days('changes.started_on', '-metrics.window_days') }} as date) as before_from,
        cast({{ plus_days('changes.started_on', 'metrics.window_days') }} as date) as after_to,
        cast({{ plus_days('changes.ended_on', '-metrics.window_days') }} as date) as end_from,
        cast({{ plus_days('changes.ended_on', 'metrics.window_days') }} as date) as end_to
    from changes
    inner join metrics
        on changes.kind = metrics.change_kind
),

spans as (
    select
        judged.*,
        'start' as phase,
        'without' as arm,
        judged.before_from as span_from,
        judged.started_on as span_to
    from judged
    union all
    select
        judged.*,
        'start' as phase,
        'with' as arm,
        judged.started_on as span_from,
        least(judged.after_to, coalesce(judged.ended_on, judged.after_to)) as span_to
    from judged
    union all
    select
        judged.*,
        'end' as phase,
        'with' as arm,
        greatest(judged.end_from, judged.started_on) as span_from,
        judged.ended_on as span_to
    from judged
    where judged.ended_on is not null
    union all
    select
        judged.*,
        'end' as phase,
        'without' as arm,
        judged.ended_on as span_from,
        judged.end_to as span_to
    from judged
    where judged.ended_on is not null
),

compared as (
    select
        spans.*,
        'company_over_time' as comparison
    from spans
    union all
    select
        spans.*,
        'campaign_over_time' as comparison
    from spans
    where spans.campaign_id is not null
    union all
    select
        spans.annotation_id,
        spans.kind,
        spans.campaign_id,
        spans.started_on,
        spans.ended_on,
        spans.metric,
        spans.within_days,
        spans.within_minutes,
        spans.window_days,
        spans.anchor,
        spans.before_from,
        spans.after_to,
        spans.end_from,
        spans.end_to,
        spans.phase,
        arms.arm,
        spans.span_from,
        spans.span_to,
        'campaign_beside_others' as comparison
    from spans
    cross join (select 'with' as arm union all select 'without' as arm) as arms
    where spans.campaign_id is not null and spans.phase = 'start' and spans.arm = 'with'
)

select
    compared.annotation_id,
    compared.kind,
    compared.campaign_id,
    compared.started_on,
    compared.ended_on,
    compared.phase,
    compared.comparison,
    compared.arm,
    compared.metric,
    compared.anchor,
    compared.within_days,
    compared.within_minutes,
    compared.window_days,
    compared.span_from,
    compared.span_to,
    days.date_on
from compared
inner join {{ ref('int_days') }} as days
    on days.date_on >= compared.span_from and days.date_on < compared.span_to
