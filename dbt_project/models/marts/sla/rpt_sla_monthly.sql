with views as (
    select
        placed.clock,
        placed.period,
        placed.month_starts_on,
        '(all)' as owner_id,
        '(all)' as handover_type,
        placed.state,
        placed.cause,
        placed.is_process_cause,
        placed.stopped_seconds,
        placed.lead_id,
        placed.episode
    from {{ ref('int_clocks_placed') }} as placed
    union all
    select
        placed.clock,
        placed.period,
        placed.month_starts_on,
        '(all)' as owner_id,
        placed.handover_type,
        placed.state,
        placed.cause,
        placed.is_process_cause,
        placed.stopped_seconds,
        placed.lead_id,
        placed.episode
    from {{ ref('int_clocks_placed') }} as placed
    where placed.handover_type <> '(none)'
    union all
    select
        placed.clock,
        placed.period,
        placed.month_starts_on,
        placed.owner_id,
        '(all)' as handover_type,
        placed.state,
        placed.cause,
        placed.is_process_cause,
        placed.stopped_seconds,
        placed.lead_id,
        placed.episode
    from {{ ref('int_clocks_placed') }} as placed
),

-- The 90th percentile is the smallest time that at least nine of ten do not pass: an observed time, the same on every engine.
ranked as (
    select
        views.*,
        case
            when views.stopped_seconds is not null then row_number() over (
                partition by
                    views.clock, views.month_starts_on, views.owner_id, views.handover_type,
                    case when views.stopped_seconds is null then 1 else 0 end
                order by views.stopped_seconds, views.lead_id, views.episode
            )
        end as time_rank,
        count(views.stopped_seconds) over (
            partition by views.clock, views.month_starts_on, views.owner_id, views.handover_type
        ) as times
    from views
),

counted as (
    select
        ranked.clock,
        ranked.period,
        ranked.month_starts_on,
        ranked.owner_id,
        ranked.handover_type,
        count(*) as clocks,
        sum(case when ranked.state = 'met' then 1 else 0 end) as met,
        sum(case when ranked.state = 'late' then 1 else 0 end) as late,
        sum(case when ranked.state = 'breached' then 1 else 0 end) as breached,
        sum(case when ranked.state in ('met', 'late', 'breached') then 1 else 0 end) as n,
        sum(case when ranked.state = 'running' then 1 else 0 end) as running,
        sum(case when ranked.state = 'waived' then 1 else 0 end) as waived,
        sum(case when ranked.state = 'not_applicable' then 1 else 0 end) as not_applicable,
        {%- for cause in ['unassigned', 'off_hours', 'routing', 'never_tried', 'late'] %}
        sum(case when ranked.state = 'breached' and ranked.cause = '{{ cause }}' then 1 else 0 end) as breached_{{ cause }},
        {%- endfor %}
        sum(case when ranked.state = 'breached' and ranked.is_process_cause then 1 else 0 end) as breached_process,
        count(ranked.stopped_seconds) as stopped,
        median(ranked.stopped_seconds) as median_seconds,
        max(case when ranked.time_rank <= {{ floor_divide('9 * ranked.times + 9', '10') }} then ranked.stopped_seconds end) as p90_seconds
    from ranked
    group by ranked.clock, ranked.period, ranked.month_starts_on, ranked.owner_id, ranked.handover_type
)

select
    cast(counted.period as string) as period,
    counted.month_starts_on as period_start_on,
    cast(counted.clock as string) as clock,
    cast(counted.owner_id as string) as owner_id,
    cast(counted.handover_type as string) as handover_type,
    cast(counted.clocks as bigint) as clocks,
    cast(counted.met as bigint) as met,
    cast(counted.late as bigint) as late,
    cast(counted.breached as bigint) as breached,
    cast(counted.n as bigint) as n,
    {{ ratio('counted.met', 'counted.n') }} as share_in_target,
    {{ wilson_bound('counted.met', 'counted.n', '-') }} as low,
    {{ wilson_bound('counted.met', 'counted.n', '+') }} as high,
    cast(counted.running as bigint) as running,
    cast(counted.waived as bigint) as waived,
    cast(counted.not_applicable as bigint) as not_applicable,
    {%- for cause in ['unassigned', 'off_hours', 'routing', 'never_tried', 'late'] %}
    cast(counted.breached_{{ cause }} as bigint) as breached_{{ cause }},
    {%- endfor %}
    cast(counted.breached_process as bigint) as breached_process,
    cast(counted.stopped as bigint) as stopped,
    cast(floor(counted.median_seconds) as bigint) as median_seconds,
    cast(counted.p90_seconds as bigint) as p90_seconds,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from counted
