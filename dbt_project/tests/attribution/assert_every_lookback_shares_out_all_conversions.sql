-- Under any lookback every conversion is given once: to touches that are found, or to nobody.
select
    report.conversion_kind,
    report.lookback_days
from {{ ref('rpt_lookback_sensitivity') }} as report
group by report.conversion_kind, report.lookback_days
having sum(report.first_conversions) <> max(report.all_conversions)
    or sum(report.last_conversions) <> max(report.all_conversions)
    or sum(report.linear_conversions) <> max(report.all_conversions)
