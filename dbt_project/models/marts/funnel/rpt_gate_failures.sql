-- Leads that are hot by their points at creation but have too few at a criterion (C21, D23). Without a gate in force the row shows
-- what the smallest gate would stop: leads with no point there.
with hot_leads as (
    select
        bands.lead_id,
        sum(case when answers.criterion in ('budget', 'authority') and answers.points = 0 then 1 else 0 end) as empty_gates
    from {{ ref('int_lead_bands') }} as bands
    inner join {{ ref('int_lead_answers_scored') }} as answers
        on bands.lead_id = answers.lead_id
        and answers.moment = 'creation'
    -- a lead that a gate has set back was hot by its points
    where bands.moment = 'creation'
        and (bands.band = 'hot' or bands.gate_failed)
    group by bands.lead_id
),

gate_rows as (
    select
        answers.criterion,
        answers.gate_min_points,
        hot_leads.lead_id,
        case when answers.points < coalesce(answers.gate_min_points, 1) then 1 else 0 end as fails
    from hot_leads
    inner join {{ ref('int_lead_answers_scored') }} as answers
        on hot_leads.lead_id = answers.lead_id
        and answers.moment = 'creation'
    where answers.gate_min_points is not null
        or answers.criterion in ('budget', 'authority')
    union all
    select
        'budget_and_authority' as criterion,
        cast(null as bigint) as gate_min_points,
        hot_leads.lead_id,
        case when hot_leads.empty_gates = 2 then 1 else 0 end as fails
    from hot_leads
),

counted as (
    select
        gate_rows.criterion,
        max(gate_rows.gate_min_points) as gate_min_points,
        case gate_rows.fails when 1 then 'fails' else 'passes' end as outcome,
        count(*) as leads,
        sum(case when sold.is_mature_for_sql then 1 else 0 end) as mature_for_sql,
        sum(case when sold.is_mature_for_sql and sold.is_sql then 1 else 0 end) as reached_sql,
        sum(case when sold.is_mature_for_close then 1 else 0 end) as mature_for_close,
        sum(case when sold.is_mature_for_close and sold.is_closed then 1 else 0 end) as closed,
        sum(case when sold.is_mature_for_close then sold.won_minor end) as won_minor
    from gate_rows
    inner join {{ ref('int_leads_sold') }} as sold
        on gate_rows.lead_id = sold.lead_id
    group by gate_rows.criterion, gate_rows.fails
)

select
    cast(counted.criterion as string) as criterion,
    cast(counted.outcome as string) as outcome,
    cast(counted.gate_min_points as bigint) as gate_min_points,
    counted.gate_min_points is not null as is_in_force,
    cast(counted.leads as bigint) as leads,
    {{ sold_columns('counted') }},
    cast(counted.won_minor as bigint) as won_minor,
    cast({{ build_fact('reporting_currency') }} as string) as currency,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from counted
