-- D16: one step of a view is its bottleneck, or the row that says none is proven; never both, never neither.
select
    bottlenecks.view,
    sum(case when bottlenecks.is_bottleneck then 1 else 0 end) as answers
from {{ ref('rpt_bottlenecks') }} as bottlenecks
group by bottlenecks.view
having sum(case when bottlenecks.is_bottleneck then 1 else 0 end) <> 1
