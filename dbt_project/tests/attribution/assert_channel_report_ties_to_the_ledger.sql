-- On either month basis the report holds all credit of the ledger and nothing else (D56); the totals of a chain by removal or by
-- conversion rate, which no touch earned, are those of its model in the ledger (D54, D55).
with ledger_totals as (
    select
        ledger.attribution_model,
        ledger.conversion_kind,
        ledger.journey_level,
        ledger.level_asked,
        sum(ledger.weight * ledger.conversion_count) as credited_conversions,
        coalesce(sum(ledger.credited_minor), 0) as credited_minor
    from {{ ref('fct_attribution_credits') }} as ledger
    group by ledger.attribution_model, ledger.conversion_kind, ledger.journey_level, ledger.level_asked
),

report_totals as (
    select
        report.attribution_model,
        report.conversion_kind,
        report.journey_level,
        report.level_asked,
        report.month_basis,
        sum(report.credited_conversions) as credited_conversions,
        coalesce(sum(report.credited_minor), 0) as credited_minor
    from {{ ref('rpt_attribution_by_channel') }} as report
    where report.attribution_model in (select models.attribution_model from {{ ref('int_attribution_models_enabled') }} as models)
    group by report.attribution_model, report.conversion_kind, report.journey_level, report.level_asked, report.month_basis
)

select
    report_totals.attribution_model,
    report_totals.conversion_kind,
    report_totals.journey_level,
    report_totals.level_asked,
    report_totals.month_basis
from report_totals
full outer join ledger_totals
    on report_totals.attribution_model = ledger_totals.attribution_model
    and report_totals.conversion_kind = ledger_totals.conversion_kind
    and report_totals.journey_level = ledger_totals.journey_level
    and report_totals.level_asked = ledger_totals.level_asked
where report_totals.credited_minor is distinct from ledger_totals.credited_minor
    or report_totals.credited_conversions is distinct from ledger_totals.credited_conversions
union all
select
    removed.attribution_model,
    removed.conversion_kind,
    removed.journey_level,
    removed.level_asked,
    'conversion' as month_basis
from (
    select
        report.attribution_model, report.conversion_kind, report.journey_level, report.level_asked, report.month,
        sum(report.credited_conversions) as credited_conversions, coalesce(sum(report.credited_minor), 0) as credited_minor
    from {{ ref('rpt_attribution_by_channel') }} as report
    where report.attribution_model not in (select models.attribution_model from {{ ref('int_attribution_models_enabled') }} as models)
    group by report.attribution_model, report.conversion_kind, report.journey_level, report.level_asked, report.month
) as removed
left join (
    select
        report.attribution_model || suffixes.suffix as attribution_model, report.conversion_kind, report.journey_level, report.level_asked, report.month,
        sum(report.credited_conversions) as credited_conversions, coalesce(sum(report.credited_minor), 0) as credited_minor
    from {{ ref('rpt_attribution_by_channel') }} as report
    cross join (select '_removal' as suffix union all select '_rate' as suffix) as suffixes
    where report.month_basis = 'conversion'
    group by report.attribution_model || suffixes.suffix, report.conversion_kind, report.journey_level, report.level_asked, report.month
) as split
    on removed.attribution_model = split.attribution_model
    and removed.conversion_kind = split.conversion_kind
    and removed.journey_level = split.journey_level
    and removed.level_asked = split.level_asked
    and removed.month = split.month
where removed.credited_conversions is distinct from split.credited_conversions
    or removed.credited_minor is distinct from split.credited_minor
