-- The monthly SLA report of SPEC 3 in one list. Rates are those of the KPIs, with their maturity; times and shares those of the clocks.
with kpis as (
    select
        kpi_values.period,
        kpi_values.period_start_on,
        case kpi_values.kpi when 'mql_to_sql' then 'mql_to_sql' else 'sql_to_customer' end as metric,
        kpi_values.numerator,
        kpi_values.denominator,
        kpi_values.value,
        kpi_values.low,
        kpi_values.high,
        'ratio' as unit,
        kpi_values.n,
        kpi_values.is_mature,
        kpi_values.missing_reason
    from {{ ref('rpt_kpi_values') }} as kpi_values
    inner join {{ ref('int_kpi_months') }} as months
        on kpi_values.period = months.period
    where kpi_values.kpi in ('mql_to_sql', 'sql_to_deal')
        and kpi_values.variant = 'default'
        and kpi_values.segment = '(all)'
),

clocks as (
    select monthly.*
    from {{ ref('rpt_sla_monthly') }} as monthly
    where monthly.owner_id = '(all)' and monthly.handover_type = '(all)'
),

clock_metrics as (
    select
        clocks.period,
        clocks.period_start_on,
        'response_seconds_median' as metric,
        cast(null as bigint) as numerator,
        cast(null as bigint) as denominator,
        cast(clocks.median_seconds as decimal(38, 9)) as value,
        cast(null as decimal(38, 9)) as low,
        cast(null as decimal(38, 9)) as high,
        'seconds' as unit,
        clocks.stopped as n
    from clocks
    where clocks.clock = 'reaction'
    union all
    select
        clocks.period,
        clocks.period_start_on,
        'response_seconds_p90' as metric,
        cast(null as bigint) as numerator,
        cast(null as bigint) as denominator,
        cast(clocks.p90_seconds as decimal(38, 9)) as value,
        cast(null as decimal(38, 9)) as low,
        cast(null as decimal(38, 9)) as high,
        'seconds' as unit,
        clocks.stopped as n
    from clocks
    where clocks.clock = 'reaction'
    union all
    select
        clocks.period,
        clocks.period_start_on,
        'in_target_' || clocks.clock as metric,
        clocks.met as numerator,
        clocks.n as denominator,
        clocks.share_in_target as value,
        clocks.low,
        clocks.high,
        'ratio' as unit,
        clocks.n
    from clocks
),

handed as (
    select
        {{ local_date('handovers.handed_over_at') }} as handed_over_on,
        cast(round(handovers.score * 1000000) as bigint) as millionths,
        qualified.is_quality_lead
    from {{ ref('int_handovers') }} as handovers
    left join {{ ref('int_leads_qualified') }} as qualified
        on handovers.lead_id = qualified.lead_id
    where coalesce(handovers.outcome, '') <> 'void'
),

scores as (
    select
        days.period,
        days.month_starts_on as period_start_on,
        cast(sum(handed.millionths) as bigint) as millionths,
        cast(count(handed.millionths) as bigint) as episodes,
        cast(sum(case when handed.is_quality_lead then 1 else 0 end) as bigint) as quality_leads,
        cast(count(handed.is_quality_lead) as bigint) as known_leads
    from handed
    inner join {{ ref('int_days') }} as days
        on handed.handed_over_on = days.date_on
    group by days.period, days.month_starts_on
),

quality_metrics as (
    select
        scores.period,
        scores.period_start_on,
        'handover_score_mean' as metric,
        cast(null as bigint) as numerator,
        cast(null as bigint) as denominator,
        {{ ratio('scores.millionths', 'scores.episodes * 1000000') }} as value,
        cast(null as decimal(38, 9)) as low,
        cast(null as decimal(38, 9)) as high,
        'points' as unit,
        scores.episodes as n
    from scores
    union all
    select
        scores.period,
        scores.period_start_on,
        'quality_lead_share' as metric,
        scores.quality_leads as numerator,
        scores.known_leads as denominator,
        {{ ratio('scores.quality_leads', 'scores.known_leads') }} as value,
        {{ wilson_bound('scores.quality_leads', 'scores.known_leads', '-') }} as low,
        {{ wilson_bound('scores.quality_leads', 'scores.known_leads', '+') }} as high,
        'ratio' as unit,
        scores.known_leads as n
    from scores
),

measured as (
    select * from clock_metrics
    union all
    select * from quality_metrics
),

months as (
    select
        kpi_months.period,
        kpi_months.ends_at
    from {{ ref('int_kpi_months') }} as kpi_months
)

select
    cast(kpis.period as string) as period,
    kpis.period_start_on,
    cast(kpis.metric as string) as metric,
    cast(kpis.numerator as decimal(38, 9)) as numerator,
    cast(kpis.denominator as decimal(38, 9)) as denominator,
    cast(kpis.value as decimal(38, 9)) as value,
    cast(kpis.low as decimal(38, 9)) as low,
    cast(kpis.high as decimal(38, 9)) as high,
    cast(kpis.unit as string) as unit,
    cast(kpis.n as bigint) as n,
    kpis.is_mature,
    kpis.missing_reason,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from kpis
union all
select
    cast(measured.period as string) as period,
    measured.period_start_on,
    cast(measured.metric as string) as metric,
    cast(measured.numerator as decimal(38, 9)) as numerator,
    cast(measured.denominator as decimal(38, 9)) as denominator,
    cast(measured.value as decimal(38, 9)) as value,
    cast(measured.low as decimal(38, 9)) as low,
    cast(measured.high as decimal(38, 9)) as high,
    cast(measured.unit as string) as unit,
    cast(measured.n as bigint) as n,
    coalesce({{ build_fact('evaluated_at') }} >= months.ends_at, false) as is_mature,
    cast(case when measured.value is null then 'no_denominator' end as string) as missing_reason,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from measured
left join months
    on measured.period = months.period
