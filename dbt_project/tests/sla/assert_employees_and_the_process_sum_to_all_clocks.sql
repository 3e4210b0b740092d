-- The rows of the employees, of the process and of nobody are all the clocks of a month (D39, D42), and so are the types.
with sums as (
    select
        monthly.period,
        monthly.clock,
        sum(case when monthly.owner_id = '(all)' and monthly.handover_type = '(all)' then monthly.clocks else 0 end) as clocks,
        sum(case when monthly.owner_id = '(all)' and monthly.handover_type = '(all)' then monthly.n else 0 end) as decided,
        sum(case when monthly.owner_id <> '(all)' then monthly.clocks else 0 end) as clocks_of_owners,
        sum(case when monthly.owner_id <> '(all)' then monthly.n else 0 end) as decided_of_owners,
        sum(case when monthly.handover_type <> '(all)' then monthly.clocks else 0 end) as clocks_of_types
    from {{ ref('rpt_sla_monthly') }} as monthly
    group by monthly.period, monthly.clock
)

select
    sums.period,
    sums.clock
from sums
where sums.clocks <> sums.clocks_of_owners
    or sums.decided <> sums.decided_of_owners
    or (sums.clock <> 'reaction' and sums.clocks <> sums.clocks_of_types)
