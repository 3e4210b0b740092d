with named_steps as (
    select 'lead_to_mql' as kpi, 'lead' as from_stage, 'mql' as to_stage, 'step' as cohort_basis
    union all
    select 'mql_to_sql', 'mql', 'sql', 'step'
    union all
    select 'sql_to_proposal', 'sql', 'proposal', 'step'
    union all
    select 'proposal_to_close', 'proposal', {{ policy('close_event') }}, 'step'
    union all
    select 'sql_to_deal', 'sql', {{ policy('close_event') }}, 'step'
    union all
    select 'lead_to_won', 'lead', {{ policy('close_event') }}, 'lead'
),

-- A stage that only later stages imply (D10) has members but no entries of its own: a rate over it says nothing.
recorded_stages as (
    select entries.stage
    from {{ ref('int_stage_entries') }} as entries
    where not coalesce(entries.is_implied, false)
    group by entries.stage
),

step_figures as (
    select
        named_steps.kpi,
        cohorts.month_starts_on,
        cohorts.channel as segment,
        cohorts.cohort_basis,
        cohorts.numerator,
        cohorts.denominator,
        cohorts.is_mature,
        from_recorded.stage is not null and to_recorded.stage is not null as is_recorded
    from named_steps
    inner join {{ ref('int_step_cohorts') }} as cohorts
        on named_steps.from_stage = cohorts.from_stage
        and named_steps.to_stage = cohorts.to_stage
        and named_steps.cohort_basis = cohorts.cohort_basis
    left join recorded_stages as from_recorded
        on named_steps.from_stage = from_recorded.stage
    left join recorded_stages as to_recorded
        on named_steps.to_stage = to_recorded.stage
),

deals_of_leads as (
    select
        deals.lead_id,
        max(case when deals.won_at <= {{ build_fact('evaluated_at') }} then 1 else 0 end) as has_won_deal
    from {{ ref('int_deals_valued') }} as deals
    where deals.lead_id is not null
    group by deals.lead_id
),

lead_cohorts as (
    select
        entries.created_month_starts_on as month_starts_on,
        coalesce(entries.channel, '(all)') as segment,
        count(*) as leads,
        sum(coalesce(deals_of_leads.has_won_deal, 0)) as leads_with_won_deal,
        count(deals_of_leads.lead_id) as leads_with_deal
    from {{ ref('int_stage_entries') }} as entries
    left join deals_of_leads
        on entries.lead_id = deals_of_leads.lead_id
    where entries.stage = 'lead'
    group by grouping sets ((entries.created_month_starts_on, entries.channel), (entries.created_month_starts_on))
),

dated_proposals as (
    select
        {{ local_date('proposals.sent_at') }} as sent_on,
        case when proposals.accepted_at <= {{ build_fact('evaluated_at') }} then 1 end as is_accepted
    from {{ ref('proposals') }} as proposals
    where proposals.sent_at <= {{ build_fact('evaluated_at') }}
),

proposal_cohorts as (
    select
        days.month_starts_on,
        count(*) as sent,
        count(dated_proposals.is_accepted) as accepted
    from dated_proposals
    inner join {{ ref('int_days') }} as days
        on dated_proposals.sent_on = days.date_on
    group by days.month_starts_on
),

documents as (
    select count(*) as proposals
    from {{ ref('proposals') }}
),

computed as (
    select
        kpi,
        'default' as variant,
        month_starts_on,
        segment,
        cohort_basis,
        'stages' as basis,
        numerator,
        denominator,
        is_mature,
        is_recorded
    from step_figures
    union all
    select
        'lead_to_deal_share' as kpi,
        variants.variant,
        lead_cohorts.month_starts_on,
        lead_cohorts.segment,
        'lead' as cohort_basis,
        'deals' as basis,
        case variants.variant when 'opened' then lead_cohorts.leads_with_deal else lead_cohorts.leads_with_won_deal end as numerator,
        lead_cohorts.leads as denominator,
        maturity.is_mature,
        true as is_recorded
    from lead_cohorts
    cross join (select 'default' as variant union all select 'opened' as variant) as variants
    left join step_figures as maturity
        on maturity.kpi = 'lead_to_won'
        and lead_cohorts.month_starts_on = maturity.month_starts_on
        and lead_cohorts.segment = maturity.segment
    union all
    -- without proposal documents the rate equals proposal_to_close, and `basis` says so
    select
        'proposal_acceptance_rate' as kpi,
        'default' as variant,
        step_figures.month_starts_on,
        '(all)' as segment,
        'step' as cohort_basis,
        case when documents.proposals > 0 then 'documents' else 'proposal_to_close' end as basis,
        case when documents.proposals > 0 then proposal_cohorts.accepted else step_figures.numerator end as numerator,
        case when documents.proposals > 0 then proposal_cohorts.sent else step_figures.denominator end as denominator,
        step_figures.is_mature,
        documents.proposals > 0 or step_figures.is_recorded as is_recorded
    from step_figures
    cross join documents
    left join proposal_cohorts
        on step_figures.month_starts_on = proposal_cohorts.month_starts_on
    where step_figures.kpi = 'proposal_to_close' and step_figures.segment = '(all)'
    union all
    select
        'visit_to_lead' as kpi,
        'default' as variant,
        visits.month_starts_on,
        '(all)' as segment,
        cast(null as string) as cohort_basis,
        'period' as basis,
        visits.people_with_lead as numerator,
        visits.visitors as denominator,
        cast(null as boolean) as is_mature,
        true as is_recorded
    from {{ ref('int_visits_counted') }} as visits
),

-- Every month has every figure of the company; channels only where they have something to count.
expected as (
    select
        months.month_starts_on,
        '(all)' as segment,
        kinds.kpi,
        kinds.variant
    from {{ ref('int_kpi_months') }} as months
    cross join (select distinct named_steps.kpi, 'default' as variant from named_steps
        union all
        select 'lead_to_deal_share', 'default'
        union all
        select 'lead_to_deal_share', 'opened'
        union all
        select 'proposal_acceptance_rate', 'default'
        union all
        select 'visit_to_lead', 'default') as kinds
    union
    select
        computed.month_starts_on,
        computed.segment,
        computed.kpi,
        computed.variant
    from computed
    inner join {{ ref('int_kpi_months') }} as months
        on computed.month_starts_on = months.month_starts_on
    where computed.denominator > 0
),

figures as (
    select
        expected.kpi,
        expected.variant,
        expected.month_starts_on,
        expected.segment,
        computed.cohort_basis,
        computed.basis,
        computed.numerator,
        computed.denominator,
        computed.denominator as n,
        false as is_money,
        computed.is_mature,
        case
            when expected.kpi = 'visit_to_lead' and computed.kpi is null then 'no_visits'
            when computed.denominator > 0 and not computed.is_recorded then 'stage_not_recorded'
        end as missing_reason
    from expected
    left join computed
        on expected.kpi = computed.kpi
        and expected.variant = computed.variant
        and expected.month_starts_on = computed.month_starts_on
        and expected.segment = computed.segment
)

select
    {{ kpi_columns(is_proportion=true) }}
from figures
