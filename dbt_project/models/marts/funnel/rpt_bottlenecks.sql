-- D16. A step's rate and n are those of its newest mature step cohort with enough members. The later steps, whose product turns
-- members into deals, are those of all lead cohorts that are mature up to the close event (D12: only those multiply): there the
-- product is what closed ÷ what reached the step's end.
{%- set minimum_n = 'cast(' ~ policy('bottleneck_minimum_n') ~ ' as bigint)' %}

with named_steps as (
    select 'lead_to_mql' as kpi, 'lead' as from_stage, 'mql' as to_stage
    union all
    select 'mql_to_sql', 'mql', 'sql'
    union all
    select 'sql_to_proposal', 'sql', 'proposal'
    union all
    select 'proposal_to_close', 'proposal', {{ policy('close_event') }}
    union all
    select 'sql_to_deal', 'sql', {{ policy('close_event') }}
),

recorded_stages as (
    select entries.stage
    from {{ ref('int_stage_entries') }} as entries
    where not coalesce(entries.is_implied, false)
    group by entries.stage
),

graded_cohorts as (
    select
        cohorts.*,
        case when cohorts.is_mature and cohorts.denominator >= {{ minimum_n }} then 0 when cohorts.is_mature then 1 else 2 end as grade
    from {{ ref('int_step_cohorts') }} as cohorts
    where cohorts.cohort_basis = 'step'
        and cohorts.channel = '(all)'
        and cohorts.denominator > 0
),

step_cohorts as (
    select
        graded_cohorts.*,
        row_number() over (
            partition by graded_cohorts.from_stage, graded_cohorts.to_stage
            order by graded_cohorts.grade, graded_cohorts.month_starts_on desc
        ) as choice
    from graded_cohorts
),

whole_funnel as (
    select
        cohorts.month_starts_on,
        cohorts.numerator
    from {{ ref('int_step_cohorts') }} as cohorts
    where cohorts.cohort_basis = 'lead'
        and cohorts.channel = '(all)'
        and cohorts.from_stage = 'lead'
        and cohorts.to_stage = {{ policy('close_event') }}
        and cohorts.is_mature
),

later_steps as (
    select
        cohorts.from_stage,
        cohorts.to_stage,
        count(*) as mature_months,
        sum(cohorts.numerator) as reached,
        sum(whole_funnel.numerator) as closed
    from {{ ref('int_step_cohorts') }} as cohorts
    inner join whole_funnel
        on cohorts.month_starts_on = whole_funnel.month_starts_on
    where cohorts.cohort_basis = 'lead'
        and cohorts.channel = '(all)'
    group by cohorts.from_stage, cohorts.to_stage
),

recent_deals as (
    select
        count(deals.amount_reporting_minor) as deals,
        sum(deals.amount_reporting_minor) as won_minor
    from {{ ref('int_deals_valued') }} as deals
    where {{ trailing_180_days('deals.won_at', build_fact('evaluated_at')) }}
),

steps as (
    select
        view_steps.view,
        view_steps.step_position,
        view_steps.from_stage,
        view_steps.to_stage,
        named_steps.kpi,
        cohorts.month_starts_on,
        cohorts.period,
        cohorts.numerator,
        cohorts.denominator,
        coalesce(cohorts.is_mature, false) as is_mature,
        {{ wilson_bound('cohorts.numerator', 'cohorts.denominator', '-') }} as low,
        {{ wilson_bound('cohorts.numerator', 'cohorts.denominator', '+') }} as high,
        coalesce(targets.target_low, targets.target_high) as target,
        cast(cast(coalesce(targets.target_low, targets.target_high) as decimal(12, 9)) * cast(1000000000 as decimal(10, 0)) as bigint)
            as target_billionths,
        targets.owner_team,
        targets.definition_version,
        from_recorded.stage is not null and to_recorded.stage is not null as is_recorded,
        later_steps.mature_months,
        later_steps.reached as later_reached,
        later_steps.closed as later_closed,
        cast({{ floor_divide('recent_deals.won_minor', 'nullif(recent_deals.deals, 0)') }} as bigint) as average_deal_minor
    from {{ ref('int_funnel_view_steps') }} as view_steps
    inner join named_steps
        on view_steps.from_stage = named_steps.from_stage
        and view_steps.to_stage = named_steps.to_stage
    cross join recent_deals
    left join step_cohorts as cohorts
        on view_steps.from_stage = cohorts.from_stage
        and view_steps.to_stage = cohorts.to_stage
        and cohorts.choice = 1
    left join {{ ref('int_days') }} as month_starts
        on cohorts.month_starts_on = month_starts.date_on
    left join {{ ref('stg_definitions__targets') }} as targets
        on named_steps.kpi = targets.kpi
        and targets.variant = 'default'
        and targets.segment = '(all)'
        and {{ holds_on('targets', plus_days('month_starts.next_month_starts_on', -1)) }}
    left join recorded_stages as from_recorded
        on view_steps.from_stage = from_recorded.stage
    left join recorded_stages as to_recorded
        on view_steps.to_stage = to_recorded.stage
    left join later_steps
        on view_steps.from_stage = later_steps.from_stage
        and view_steps.to_stage = later_steps.to_stage
    where view_steps.view in ('A', 'B', 'C')
),

judged as (
    select
        steps.*,
        case
            when not steps.is_mature then 'not_mature'
            when steps.denominator < {{ minimum_n }} then 'too_few'
            when steps.target is null then 'no_target'
            when not steps.is_recorded then 'stage_not_recorded'
            when steps.numerator * 1000000000 >= steps.target_billionths * steps.denominator then 'on_target'
            when steps.high < steps.target then 'below_target'
            else 'not_proven'
        end as judgement
    from steps
),

-- Members that the target promised and the step did not deliver, in millionths of a deal.
valued as (
    select
        judged.*,
        case
            when judged.judgement in ('below_target', 'not_proven') and judged.later_reached > 0 then cast({{ floor_divide(
                wide_product('(judged.target_billionths * judged.denominator - judged.numerator * 1000000000)', 'judged.later_closed'),
                'judged.later_reached * 1000'
            ) }} as bigint)
            when judged.judgement = 'on_target' then 0
        end as held_back_millionths
    from judged
),

-- Of one average deal, money and deals give one order; where the later steps are unknown, the step comes last.
ranked as (
    select
        valued.*,
        row_number() over (
            partition by valued.view
            order by
                case when valued.judgement = 'below_target' then 0 else 1 end,
                coalesce(valued.held_back_millionths, -1) desc,
                valued.step_position
        ) as place
    from valued
),

views_without as (
    select ranked.view
    from ranked
    where ranked.place = 1
        and ranked.judgement <> 'below_target'
),

all_rows as (
    select
        ranked.view,
        ranked.step_position,
        ranked.from_stage,
        ranked.to_stage,
        ranked.kpi,
        ranked.month_starts_on,
        ranked.period,
        ranked.numerator,
        ranked.denominator,
        ranked.low,
        ranked.high,
        ranked.target,
        ranked.later_closed,
        ranked.later_reached,
        ranked.mature_months,
        ranked.average_deal_minor,
        ranked.held_back_millionths,
        ranked.owner_team,
        ranked.definition_version,
        ranked.place = 1 and ranked.judgement = 'below_target' as is_bottleneck,
        case when ranked.place = 1 and ranked.judgement = 'below_target' then 'bottleneck' else ranked.judgement end as verdict
    from ranked
    union all
    select
        views_without.view,
        cast(0 as bigint) as step_position,
        '(none)' as from_stage,
        '(none)' as to_stage,
        cast(null as string) as kpi,
        cast(null as date) as month_starts_on,
        cast(null as string) as period,
        cast(null as bigint) as numerator,
        cast(null as bigint) as denominator,
        cast(null as decimal(38, 9)) as low,
        cast(null as decimal(38, 9)) as high,
        cast(null as decimal(38, 9)) as target,
        cast(null as bigint) as later_closed,
        cast(null as bigint) as later_reached,
        cast(null as bigint) as mature_months,
        cast(null as bigint) as average_deal_minor,
        cast(null as bigint) as held_back_millionths,
        cast(null as string) as owner_team,
        cast(null as string) as definition_version,
        true as is_bottleneck,
        'no_bottleneck_proven' as verdict
    from views_without
)

select
    cast(all_rows.view as string) as view,
    all_rows.step_position,
    cast(all_rows.from_stage as string) as from_stage,
    cast(all_rows.to_stage as string) as to_stage,
    cast(all_rows.kpi as string) as kpi,
    all_rows.month_starts_on as cohort_month,
    cast(all_rows.period as string) as period,
    all_rows.numerator,
    all_rows.denominator,
    {{ ratio('all_rows.numerator', 'all_rows.denominator') }} as rate,
    all_rows.low,
    all_rows.high,
    cast(all_rows.target as decimal(38, 9)) as target,
    {{ ratio('all_rows.later_closed', 'all_rows.later_reached') }} as later_rate,
    cast(all_rows.mature_months as bigint) as later_months,
    all_rows.average_deal_minor,
    {{ ratio('all_rows.held_back_millionths', '1000000') }} as held_back_deals,
    cast({{ floor_divide(wide_product('all_rows.held_back_millionths', 'all_rows.average_deal_minor'), '1000000') }} as bigint) as held_back_minor,
    cast({{ build_fact('reporting_currency') }} as string) as currency,
    cast(all_rows.owner_team as string) as owner,
    cast(case all_rows.owner_team when 'marketing' then 'acquisition' when 'shared' then 'qualification' when 'sales' then 'sales' end as string)
        as problem,
    cast(all_rows.verdict as string) as verdict,
    all_rows.is_bottleneck,
    cast({{ policy('close_event') }} as string) as close_event,
    cast({{ policy('revenue_event') }} as string) as revenue_event,
    cast(all_rows.definition_version as string) as definition_version,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from all_rows
