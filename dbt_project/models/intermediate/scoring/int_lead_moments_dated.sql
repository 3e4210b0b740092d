{#- Creation is the one moment that every lead has. The matrix at the hand-over is graded with the episodes (int_handovers). -#}
select
    leads.lead_id,
    'creation' as moment,
    leads.created_at as scored_at,
    {{ local_date('leads.created_at') }} as scored_on
from {{ ref('leads') }} as leads
where not coalesce(leads.is_duplicate, false)
    and not coalesce(leads.is_test, false)
