with unmatched as (
    select
        channelled.source_system,
        channelled.source_kind,
        coalesce(touches.channel_label, '(empty)') as channel_label,
        coalesce(touches.utm_source, '(empty)') as utm_source,
        coalesce(touches.utm_medium, '(empty)') as utm_medium,
        coalesce(touches.referrer_domain, '(empty)') as referrer_domain,
        coalesce(touches.click_id_kind, '(empty)') as click_id_kind,
        count(*) as touches,
        sum(case when channelled.is_creditable and channelled.collapsed_into is null then 1 else 0 end) as earning_touches,
        min(channelled.occurred_at) as first_occurred_at,
        max(channelled.occurred_at) as last_occurred_at,
        min(channelled.source_record_key) as source_record_key
    from {{ ref('int_touches_channelled') }} as channelled
    inner join {{ ref('touches') }} as touches
        on channelled.touch_id = touches.touch_id
    where channelled.rule_id is null
    group by
        channelled.source_system,
        channelled.source_kind,
        coalesce(touches.channel_label, '(empty)'),
        coalesce(touches.utm_source, '(empty)'),
        coalesce(touches.utm_medium, '(empty)'),
        coalesce(touches.referrer_domain, '(empty)'),
        coalesce(touches.click_id_kind, '(empty)')
)

select
    unmatched.source_system,
    unmatched.source_kind as kind,
    unmatched.channel_label,
    unmatched.utm_source,
    unmatched.utm_medium,
    unmatched.referrer_domain,
    unmatched.click_id_kind,
    cast(unmatched.touches as bigint) as touches,
    cast(unmatched.earning_touches as bigint) as earning_touches,
    unmatched.first_occurred_at,
    unmatched.last_occurred_at,
    unmatched.source_record_key,
    {{ build_fact('build_id') }} as build_id
from unmatched
