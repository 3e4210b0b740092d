-- D38: on every calendar.
select
    clocks.lead_id,
    clocks.episode,
    clocks.clock
from {{ ref('int_clocks_measured') }} as clocks
where clocks.system_seconds not between 0 and clocks.clock_seconds
    or clocks.business_system_seconds not between 0 and clocks.business_seconds
    or clocks.calendar_system_seconds not between 0 and clocks.calendar_seconds
