with decisions as (
    select
        days.period,
        days.month_starts_on,
        checked.kind,
        coalesce(checked.owner_id, '(none)') as owner_id,
        case when checked.has_place_for_reason then 1 else 0 end as is_asked,
        case when checked.source_reason is not null then 1 else 0 end as has_reason,
        case when checked.reason is not null then 1 else 0 end as has_known_reason,
        case when checked.reason = 'other' then 1 else 0 end as is_other,
        case when checked.verdict = 'contradicted' then 1 else 0 end as is_contradicted,
        case when checked.verdict = 'supported' then 1 else 0 end as is_supported,
        case when checked.is_false_reject then 1 else 0 end as is_false_reject
    from {{ ref('int_reasons_checked') }} as checked
    inner join {{ ref('int_days') }} as days
        on checked.rejected_on = days.date_on
),

counted as (
    select
        coalesce(decisions.period, '(all)') as period,
        decisions.month_starts_on,
        coalesce(decisions.owner_id, '(all)') as owner_id,
        decisions.kind,
        count(*) as decisions,
        sum(decisions.is_asked) as reasons_asked,
        sum(decisions.has_reason) as with_reason,
        sum(decisions.has_known_reason) as with_known_reason,
        sum(decisions.is_other) as with_reason_other,
        sum(decisions.is_contradicted) as contradicted,
        sum(decisions.is_supported) as supported,
        sum(decisions.is_false_reject) as false_rejects
    from decisions
    group by grouping sets (
        (decisions.period, decisions.month_starts_on, decisions.owner_id, decisions.kind),
        (decisions.period, decisions.month_starts_on, decisions.kind),
        (decisions.owner_id, decisions.kind),
        (decisions.kind)
    )
)

select
    cast(counted.period as string) as period,
    counted.month_starts_on as period_start_on,
    cast(counted.owner_id as string) as owner_id,
    cast(counted.kind as string) as kind,
    cast(counted.decisions as bigint) as decisions,
    cast(counted.reasons_asked as bigint) as reasons_asked,
    cast(counted.with_reason as bigint) as with_reason,
    cast(counted.with_known_reason as bigint) as with_known_reason,
    cast(counted.with_reason_other as bigint) as with_reason_other,
    {{ ratio('counted.with_reason', 'counted.reasons_asked') }} as reason_rate,
    {{ wilson_bound('counted.with_reason', 'counted.reasons_asked', '-') }} as low,
    {{ wilson_bound('counted.with_reason', 'counted.reasons_asked', '+') }} as high,
    cast(counted.contradicted as bigint) as contradicted,
    cast(counted.supported as bigint) as supported,
    {{ ratio('counted.contradicted', 'counted.contradicted + counted.supported') }} as contradicted_rate,
    cast(counted.false_rejects as bigint) as false_rejects,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from counted
