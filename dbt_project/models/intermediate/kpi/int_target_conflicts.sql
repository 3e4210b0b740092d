-- Pairs of targets that cannot both hold, or of which one says more than the other (T4, T5), and targets that are due
-- before the deals they rest on can be counted (T6).
with named as (
    select
        max(case when targets.kpi = 'mql_to_sql' and targets.variant = 'default' then targets.target_millionths end) as mql_to_sql,
        max(case when targets.kpi = 'recycling_rate' and targets.variant = 'default' then coalesce(targets.high_millionths, targets.low_millionths) end)
            as recycling_rate,
        max(case when targets.kpi = 'romi' and targets.variant = 'gross_margin' then targets.target_millionths end) as romi,
        max(case when targets.kpi = 'ltv_to_cac' and targets.variant = 'default' then targets.target_millionths end) as ltv_to_cac
    from {{ ref('int_targets_scaled') }} as targets
),

-- Cost of the last twelve months that are over; a team without cost on file leaves the share unknown (D5).
last_months as (
    select
        months.month_starts_on,
        row_number() over (order by months.month_starts_on desc) as months_ago
    from {{ ref('int_kpi_months') }} as months
    where months.ends_at <= {{ build_fact('evaluated_at') }}
),

costs as (
    select
        sum(case when costs.team = 'marketing' then costs.cost_minor end) as marketing_minor,
        sum(case when costs.team = 'sales' then costs.cost_minor end) as sales_minor
    from {{ ref('int_costs_monthly') }} as costs
    inner join last_months
        on costs.month_starts_on = last_months.month_starts_on
        and last_months.months_ago <= 12
    where costs.channel = '(all)'
),

shares as (
    select
        named.*,
        costs.marketing_minor,
        costs.marketing_minor + costs.sales_minor as cost_minor
    from named
    cross join costs
),

windows as (
    select
        windows.to_stage,
        max(windows.window_days) as window_days
    from {{ ref('stg_definitions__step_windows') }} as windows
    where windows.from_stage = 'lead' and windows.cohort_basis = 'lead' and {{ holds_on('windows', evaluation_date()) }}
    group by windows.to_stage
),

-- By what day something is to be told from which leads: a change in 90 days from a whole month of leads, the youngest of
-- which are 60 days old by then; a day-60 decision from leads whose oldest are 60 days old.
due as (
    select
        targets.kpi || '_' || targets.variant as subject,
        targets.target_low,
        targets.target_high,
        90 as horizon_days,
        60 as age_days
    from {{ ref('int_targets_scaled') }} as targets
    where targets.variant = 'change_90_days' and targets.kpi <> 'days_in_stage'
    union all
    select
        'day_60_decision' as subject,
        cast(null as decimal(38, 9)) as target_low,
        cast(null as decimal(38, 9)) as target_high,
        60 as horizon_days,
        60 as age_days
),

stages_due as (
    select
        due.*,
        case windows.to_stage when 'mql' then 'lead_to_mql' when 'sql' then 'mql_to_sql' when 'proposal' then 'sql_to_proposal' else 'proposal_to_close' end
            as part,
        windows.window_days
    from due
    cross join windows
    where windows.to_stage in ('mql', 'sql', 'proposal') or windows.to_stage = {{ policy('close_event') }}
),

-- What share of the MQL is handed over (T4), of any type: of the leads that became MQL in months past the window MQL to SQL those
-- with an episode.
handed_leads as (
    select handovers.lead_id
    from {{ ref('int_handovers') }} as handovers
    where handovers.handed_over_at <= {{ build_fact('evaluated_at') }}
    group by handovers.lead_id
),

handed_share as (
    select
        count(handed_leads.lead_id) as handed_mql,
        count(*) as mature_mql
    from {{ ref('int_stage_entries') }} as entries
    inner join {{ ref('int_step_cohorts') }} as cohorts
        on entries.reached_month_starts_on = cohorts.month_starts_on
        and cohorts.from_stage = 'mql'
        and cohorts.to_stage = 'sql'
        and cohorts.cohort_basis = 'step'
        and cohorts.channel = '(all)'
        and cohorts.is_mature
    left join handed_leads
        on entries.lead_id = handed_leads.lead_id
    where entries.stage = 'mql'
)

select
    'returns_and_sql' as consistency_check,
    'mql_to_sql' as subject,
    'handed_share' as part,
    {{ ratio('shares.mql_to_sql', '1000000') }} as stated_low,
    {{ ratio('shares.recycling_rate', '1000000') }} as stated_high,
    -- of all MQL, were all of them handed over: neither SQL nor returned
    {{ ratio('1000000 - shares.mql_to_sql - shares.recycling_rate', '1000000') }} as implied,
    cast(null as decimal(38, 9)) as needed_low,
    {{ ratio('shares.mql_to_sql', '1000000 - shares.recycling_rate') }} as needed_high,
    cast(handed_share.handed_mql as bigint) as observed_numerator,
    cast(handed_share.mature_mql as bigint) as observed_denominator,
    cast(null as bigint) as horizon_days,
    cast(null as bigint) as window_days,
    cast(null as string) as stricter,
    case when shares.mql_to_sql + shares.recycling_rate < 1000000 then 'contradictory' else 'consistent' end as verdict,
    case when shares.mql_to_sql is null or shares.recycling_rate is null then 'no_target' end as missing_reason
from shares
cross join handed_share
union all
select
    'romi_and_ltv_to_cac' as consistency_check,
    'romi' as subject,
    'ltv_to_cac' as part,
    {{ ratio('shares.romi', '1000000') }} as stated_low,
    {{ ratio('shares.ltv_to_cac', '1000000') }} as stated_high,
    -- (1 + ROMI) × share of marketing in CAC: the LTV : CAC that the ROMI target comes to
    {{ ratio(wide_product('1000000 + shares.romi', 'shares.marketing_minor'), wide_product('shares.cost_minor', '1000000')) }} as implied,
    -- the ROMI that the LTV : CAC target comes to
    {{ ratio(wide_product('shares.ltv_to_cac', 'shares.cost_minor') ~ ' - ' ~ wide_product('shares.marketing_minor', '1000000'), wide_product('shares.marketing_minor', '1000000')) }} as needed_low,
    cast(null as decimal(38, 9)) as needed_high,
    cast(null as bigint) as observed_numerator,
    cast(null as bigint) as observed_denominator,
    cast(null as bigint) as horizon_days,
    cast(null as bigint) as window_days,
    case
        when {{ wide_product('1000000 + shares.romi', 'shares.marketing_minor') }} < {{ wide_product('shares.ltv_to_cac', 'shares.cost_minor') }} then 'ltv_to_cac'
        when {{ wide_product('1000000 + shares.romi', 'shares.marketing_minor') }} > {{ wide_product('shares.ltv_to_cac', 'shares.cost_minor') }} then 'romi'
    end as stricter,
    case
        when {{ wide_product('1000000 + shares.romi', 'shares.marketing_minor') }} = {{ wide_product('shares.ltv_to_cac', 'shares.cost_minor') }} then 'consistent'
        when shares.romi is not null and shares.ltv_to_cac is not null and shares.cost_minor is not null then 'unequal'
    end as verdict,
    case
        when shares.romi is null or shares.ltv_to_cac is null then 'no_target'
        when coalesce(shares.marketing_minor, 0) = 0 or shares.cost_minor is null then 'no_cost_data'
    end as missing_reason
from shares
union all
select
    'change_before_maturity' as consistency_check,
    stages_due.subject,
    stages_due.part,
    stages_due.target_low as stated_low,
    stages_due.target_high as stated_high,
    cast(null as decimal(38, 9)) as implied,
    cast(null as decimal(38, 9)) as needed_low,
    cast(null as decimal(38, 9)) as needed_high,
    cast(null as bigint) as observed_numerator,
    cast(null as bigint) as observed_denominator,
    cast(stages_due.horizon_days as bigint) as horizon_days,
    cast(stages_due.window_days as bigint) as window_days,
    cast(null as string) as stricter,
    case when stages_due.window_days <= stages_due.age_days then 'readable' else 'not_readable' end as verdict,
    cast(null as string) as missing_reason
from stages_due
