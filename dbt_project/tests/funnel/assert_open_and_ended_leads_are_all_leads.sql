-- Every lead that reached `lead` stands in one stage, and the leads of all lead cohorts are those (D6, D10).
with standing as (
    select count(*) as leads
    from {{ ref('int_leads_standing') }}
),

reached as (
    select count(*) as leads
    from {{ ref('int_leads_reached') }} as entries
    where entries.stage = 'lead'
),

cohorts as (
    select coalesce(sum(cohorts.denominator), 0) as leads
    from {{ ref('int_step_cohorts') }} as cohorts
    where cohorts.cohort_basis = 'lead'
        and cohorts.channel = '(all)'
        and cohorts.from_stage = 'lead'
        and cohorts.to_stage = 'mql'
)

select
    standing.leads as in_stages,
    reached.leads as reached_lead,
    cohorts.leads as in_cohorts
from standing
cross join reached
cross join cohorts
where standing.leads <> reached.leads
    or reached.leads <> cohorts.leads
