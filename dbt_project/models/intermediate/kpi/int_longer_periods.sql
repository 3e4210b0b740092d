-- Quarters and years of the period calendar that have begun: whole ones, the running one with its end to come. A Jalali
-- quarter is three Jalali months (1405-Q2: Tir to Shahrivar).
with months as (
    select
        days.month_starts_on,
        days.next_month_starts_on,
        substr(days.period, 1, 4) as year,
        cast({{ floor_divide('cast(substr(days.period, 6, 2) as bigint) - 1', '3') }} as bigint) + 1 as quarter
    from {{ ref('int_days') }} as days
    group by days.month_starts_on, days.next_month_starts_on, days.period
),

named as (
    select
        'quarter' as period_kind,
        months.year || '-Q' || cast(months.quarter as string) as period,
        months.month_starts_on,
        months.next_month_starts_on
    from months
    union all
    select
        'year' as period_kind,
        months.year as period,
        months.month_starts_on,
        months.next_month_starts_on
    from months
),

bounded as (
    select
        named.*,
        min(named.month_starts_on) over (partition by named.period_kind, named.period) as period_starts_on,
        max(named.next_month_starts_on) over (partition by named.period_kind, named.period) as period_ends_on
    from named
)

select
    bounded.period_kind,
    bounded.period,
    bounded.period_starts_on,
    bounded.period_ends_on,
    {{ local_midnight('bounded.period_ends_on') }} as ends_at,
    bounded.month_starts_on
from bounded
inner join {{ ref('int_kpi_months') }} as months
    on bounded.month_starts_on = months.month_starts_on
