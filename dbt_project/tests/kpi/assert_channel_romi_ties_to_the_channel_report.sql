-- ROMI of a channel by a model stands on exactly the credit and the cost that the channel report shows for the month of the
-- touch (D56). The report has a row per journey level, and every conversion one level by default.
with reported as (
    select
        report.attribution_model,
        report.channel,
        report.month,
        sum(report.credited_minor) as credited_minor,
        max(report.cost_minor) as cost_minor
    from {{ ref('rpt_attribution_by_channel') }} as report
    where report.month_basis = 'touch'
        and report.level_asked = 'default'
        and report.conversion_kind = case {{ revenue_basis() }} when 'payments' then 'paid' else 'won' end
    group by report.attribution_model, report.channel, report.month
),

returned as (
    select
        romi.variant,
        romi.segment,
        romi.period_start_on,
        romi.numerator,
        romi.denominator
    from {{ ref('rpt_kpi_values') }} as romi
    where romi.kpi = 'romi' and romi.segment <> '(all)' and romi.variant like 'revenue%'
)

select
    returned.variant,
    returned.segment,
    returned.period_start_on
from returned
left join reported
    on returned.variant = 'revenue_' || reported.attribution_model
    and returned.segment = reported.channel
    and returned.period_start_on = reported.month
where returned.numerator + returned.denominator <> coalesce(reported.credited_minor, 0)
    or returned.denominator <> coalesce(reported.cost_minor, returned.denominator)
