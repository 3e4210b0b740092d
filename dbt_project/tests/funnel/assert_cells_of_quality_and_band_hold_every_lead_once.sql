-- D17: at creation and at the decision the cells hold all counted leads; the margins are the sums of the cells at every moment.
with counted as (
    select count(*) as leads
    from {{ ref('int_leads_standing') }}
),

sums as (
    select
        cells.moment,
        sum(case when cells.quality <> '(all)' and cells.band <> '(all)' then cells.leads else 0 end) as in_cells,
        sum(case when cells.quality <> '(all)' and cells.band = '(all)' then cells.leads else 0 end) as in_qualities,
        sum(case when cells.quality = '(all)' and cells.band <> '(all)' then cells.leads else 0 end) as in_bands,
        sum(case when cells.quality = '(all)' and cells.band = '(all)' then cells.leads else 0 end) as in_all
    from {{ ref('rpt_lead_quality') }} as cells
    group by cells.moment
)

select
    sums.moment,
    sums.in_cells,
    counted.leads
from sums
cross join counted
where (sums.moment <> 'handover' and sums.in_cells <> counted.leads)
    or sums.in_qualities <> sums.in_cells
    or sums.in_bands <> sums.in_cells
    or sums.in_all <> sums.in_cells
