-- Of slow answers those are listed that took longer than half of the answers of the days before.
with medians as (
    select
        windows.period,
        median(messages.seconds) as seconds_before
    from {{ ref('int_danger_windows') }} as windows
    inner join {{ ref('int_first_messages') }} as messages
        on messages.answered_on >= windows.before_from and messages.answered_on < windows.window_from
    group by windows.period
)

select
    members.sign,
    members.component,
    cast(members.period as string) as period,
    members.entity,
    members.entity_id,
    case when members.sign = 'no_return' or members.component = 'unattributed_revenue' then members.weight end as amount_minor,
    case
        when members.sign = 'no_return' or members.component = 'unattributed_revenue' then {{ build_fact('reporting_currency') }}
    end as currency,
    members.n as leads,
    members.seconds,
    members.source_record_key,
    {{ build_fact('build_id') }} as build_id
from {{ ref('int_danger_members') }} as members
left join medians
    on members.period = medians.period
where members.is_sign and (members.sign <> 'slow_customers' or members.seconds > medians.seconds_before)
