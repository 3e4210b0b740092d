-- On either month basis the report holds all credit of the ledger and nothing else (D56).
with ledger_totals as (
    select
        ledger.attribution_model,
        ledger.conversion_kind,
        ledger.journey_level,
        sum(ledger.weight * ledger.conversion_count) as credited_conversions,
        coalesce(sum(ledger.credited_minor), 0) as credited_minor
    from {{ ref('fct_attribution_credits') }} as ledger
    group by ledger.attribution_model, ledger.conversion_kind, ledger.journey_level
),

report_totals as (
    select
        report.attribution_model,
        report.conversion_kind,
        report.journey_level,
        report.month_basis,
        sum(report.credited_conversions) as credited_conversions,
        coalesce(sum(report.credited_minor), 0) as credited_minor
    from {{ ref('rpt_attribution_by_channel') }} as report
    group by report.attribution_model, report.conversion_kind, report.journey_level, report.month_basis
)

select
    report_totals.attribution_model,
    report_totals.conversion_kind,
    report_totals.journey_level,
    report_totals.month_basis
from report_totals
full outer join ledger_totals
    on report_totals.attribution_model = ledger_totals.attribution_model
    and report_totals.conversion_kind = ledger_totals.conversion_kind
    and report_totals.journey_level = ledger_totals.journey_level
where report_totals.credited_minor is distinct from ledger_totals.credited_minor
    or report_totals.credited_conversions is distinct from ledger_totals.credited_conversions
