-- Completed passages by the month in which they ended, and the age of those still open. Re-entries are passages of their own; a
-- stage that was jumped over has none.
with counted_passages as (
    select
        passages.stage,
        passages.entered_at,
        case when passages.left_at <= {{ build_fact('evaluated_at') }} then passages.left_at end as left_at
    from {{ ref('int_stage_passages') }} as passages
    inner join {{ ref('int_leads_standing') }} as counted
        on passages.lead_id = counted.lead_id
    where passages.entered_at <= {{ build_fact('evaluated_at') }}
),

timed_stages as (
    select
        stages.stage,
        stages.position,
        stages.owner_team
    from {{ ref('int_stages_ranked') }} as stages
    where stages.is_main_chain or stages.stage = 'returned'
),

completed as (
    select
        passages.stage,
        {{ local_date('passages.left_at') }} as measured_on,
        {{ seconds_between('passages.entered_at', 'passages.left_at') }} as seconds,
        'completed' as state
    from counted_passages as passages
    where passages.left_at is not null
),

-- A lead that was won, lost or closed waits for nothing; one in `returned` waits for marketing.
open_passages as (
    select
        standing.stage,
        {{ evaluation_date() }} as measured_on,
        {{ seconds_between('standing.since_at', build_fact('evaluated_at')) }} as seconds,
        'open' as state
    from {{ ref('int_leads_standing') }} as standing
    where standing.is_open or standing.stage = 'returned'
),

measured as (
    select * from completed
    union all
    select * from open_passages
),

summed as (
    select
        days.month_starts_on,
        days.period,
        measured.stage,
        measured.state,
        count(*) as passages,
        cast(round(median(measured.seconds), 0) as bigint) as median_seconds,
        max(measured.seconds) as longest_seconds
    from measured
    inner join {{ ref('int_days') }} as days
        on measured.measured_on = days.date_on
    group by days.month_starts_on, days.period, measured.stage, measured.state
)

select
    cast(timed_stages.stage as string) as stage,
    cast(summed.state as string) as state,
    summed.month_starts_on as month,
    cast(summed.period as string) as period,
    timed_stages.position as stage_position,
    cast(timed_stages.owner_team as string) as owner,
    cast(summed.passages as bigint) as passages,
    summed.median_seconds,
    {{ ratio('summed.median_seconds', '86400') }} as median_days,
    {{ ratio('summed.longest_seconds', '86400') }} as longest_days,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from summed
inner join timed_stages
    on summed.stage = timed_stages.stage
