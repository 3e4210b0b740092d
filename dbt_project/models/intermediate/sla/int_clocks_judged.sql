{{ config(materialized='view') }}
-- Verdicts and causes (D34 to D39) of what int_clocks_measured measured. A view: it adds a few words to millions of rows.
with judged as (
    select
        clocks.*,
        owners.owner_id,
        clocks.clock_seconds - clocks.system_seconds as human_seconds,
        clocks.business_seconds - clocks.business_system_seconds as business_human_seconds,
        clocks.calendar_seconds - clocks.calendar_system_seconds as calendar_human_seconds,
        case
            when not clocks.is_applicable
                or (clocks.needs_activities and not clocks.has_activities)
                or (clocks.needs_acceptances and not clocks.has_acceptances)
                then 'not_applicable'
            when clocks.is_void then 'waived'
            when clocks.is_unreachable and clocks.enough_attempts_at is null then 'breached'
            when clocks.is_unreachable and clocks.enough_attempts_at <= clocks.limit_at then 'waived'
            when clocks.clock_seconds > clocks.limit_seconds then 'breached'
            when clocks.clock_seconds > clocks.target_seconds then 'late'
            when clocks.stopped_at is null then 'running'
            else 'met'
        end as state
    from {{ ref('int_clocks_measured') }} as clocks
    left join {{ ref('int_clock_owners') }} as owners
        on clocks.lead_id = owners.lead_id
        and clocks.episode = owners.episode
        and clocks.clock = owners.clock
)

select
    judged.*,
    case judged.state
        when 'breached'
            then case
                when judged.system_seconds > judged.target_seconds then 'unassigned'
                when judged.calendar_kind = '24x7' and judged.business_seconds <= judged.target_seconds then 'off_hours'
                when judged.clock_seconds > judged.target_seconds and judged.human_seconds <= judged.target_seconds then 'routing'
                when judged.has_activities and judged.first_attempt_at is null then 'never_tried'
                else 'late'
            end
        when 'waived' then case when judged.is_void then 'void' else 'unreachable_in_good_faith' end
        when 'not_applicable'
            then case
                when not judged.is_applicable then 'not_agreed'
                when judged.needs_activities and not judged.has_activities then 'no_activities'
                else 'one_action'
            end
    end as cause
from judged
