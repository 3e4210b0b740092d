-- D34: elapsed time and the instants at which a clock falls due are computed apart, one as the inverse of the other.
select
    clocks.lead_id,
    clocks.episode,
    clocks.clock
from {{ ref('int_clocks_measured') }} as clocks
where (clocks.clock_seconds <= clocks.target_seconds) <> (clocks.until_at <= clocks.due_at)
    or (clocks.clock_seconds <= clocks.limit_seconds) <> (clocks.until_at <= clocks.limit_at)
