{{ config(severity='warn') }}
-- D50: when more than half of a source's touches may earn no credit, the run says so: either the source holds sends and
-- impressions only, or its kinds are mapped wrongly.
select
    report.source_system,
    report.touches,
    report.not_creditable_touches
from {{ ref('rpt_touch_creditability') }} as report
where report.is_mostly_not_creditable
