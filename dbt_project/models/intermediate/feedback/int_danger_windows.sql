-- Days that the danger signs of a period look at (D75): those before the end of the period, or before the evaluation instant in
-- the period that is running, and as many before them.
select
    months.period,
    months.month_starts_on,
    least(months.next_month_starts_on, cast({{ plus_days('rules.evaluated_on', 1) }} as date)) as window_to,
    cast(
        {{ plus_days(
            'least(months.next_month_starts_on, cast(' ~ plus_days('rules.evaluated_on', 1) ~ ' as date))', '-rules.danger_window_days'
        ) }} as date
    ) as window_from,
    cast(
        {{ plus_days(
            'least(months.next_month_starts_on, cast(' ~ plus_days('rules.evaluated_on', 1) ~ ' as date))',
            '-2 * rules.danger_window_days'
        ) }} as date
    ) as before_from
from {{ ref('int_kpi_months') }} as months
cross join {{ ref('int_feedback_rules') }} as rules
