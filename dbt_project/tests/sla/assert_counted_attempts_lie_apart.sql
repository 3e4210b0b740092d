-- Two counted attempts on one medium are never nearer than the gap, and an attempt that is not counted is always nearer to a counted one (D36).
with policies as (
    select cast({{ policy('attempt_gap_minutes') }} as bigint) * 60 as gap_seconds
),

attempts as (
    select
        attempts.touch_id,
        attempts.lead_id,
        attempts.medium,
        attempts.occurred_at,
        attempts.is_counted,
        max(case when attempts.is_counted then attempts.occurred_at end) over (
            partition by attempts.lead_id, attempts.medium
            order by attempts.occurred_at, case when attempts.is_counted then 0 else 1 end, attempts.touch_id
            rows between unbounded preceding and 1 preceding
        ) as last_counted_at
    from {{ ref('int_contact_attempts') }} as attempts
    where attempts.is_attempt
)

select attempts.touch_id
from attempts
cross join policies
where (attempts.is_counted and {{ seconds_between('attempts.last_counted_at', 'attempts.occurred_at') }} < policies.gap_seconds)
    or (
        not attempts.is_counted
        and coalesce({{ seconds_between('attempts.last_counted_at', 'attempts.occurred_at') }} >= policies.gap_seconds, true)
    )
