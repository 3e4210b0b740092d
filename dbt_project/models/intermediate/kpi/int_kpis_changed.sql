-- Change of CAC and of days in stage: the trailing 90 days against those that ended at the target's `baseline_on`. Until
-- 90 days and the cost lag have passed since the baseline, both windows would share days: the row is `not_mature`.
with months as (
    select
        months.month_starts_on,
        least(months.next_month_starts_on, {{ evaluation_date() }}) as ends_on
    from {{ ref('int_kpi_months') }} as months
),

kinds as (
    select
        'cac_blended' as kpi,
        30 * {{ count_policy('cost_lag_months') }} as lag_days
    union all
    select
        'days_in_stage' as kpi,
        0 as lag_days
),

baselines as (
    select
        baselines.kpi,
        max(baselines.baseline_on) as baseline_on
    from {{ ref('stg_definitions__target_baselines') }} as baselines
    where baselines.variant = 'change_90_days' and baselines.segment = '(all)' and {{ holds_on('baselines', evaluation_date()) }}
    group by baselines.kpi
),

compared as (
    select
        kinds.kpi,
        months.month_starts_on,
        baselines.baseline_on,
        months.ends_on < {{ plus_days('baselines.baseline_on', '90 + kinds.lag_days') }} as is_too_early,
        -- the two values as fractions: now = now_part ÷ now_whole, then = then_part ÷ then_whole
        case kinds.kpi when 'cac_blended' then current_window.cost_minor else current_window.median_seconds end as now_part,
        case kinds.kpi when 'cac_blended' then current_window.new_customers else 1 end as now_whole,
        case kinds.kpi when 'cac_blended' then baseline_window.cost_minor else baseline_window.median_seconds end as then_part,
        case kinds.kpi when 'cac_blended' then baseline_window.new_customers else 1 end as then_whole,
        case kinds.kpi when 'cac_blended' then current_window.new_customers else current_window.passages end as n
    from kinds
    cross join months
    left join baselines
        on kinds.kpi = baselines.kpi
    left join {{ ref('int_trailing_figures') }} as current_window
        on months.ends_on = current_window.ends_on
    left join {{ ref('int_trailing_figures') }} as baseline_window
        on baselines.baseline_on = baseline_window.ends_on
),

figures as (
    select
        compared.kpi,
        'change_90_days' as variant,
        compared.month_starts_on,
        '(all)' as segment,
        cast(null as string) as cohort_basis,
        'trailing 90 days against those before ' || coalesce(cast(compared.baseline_on as string), 'a baseline') as basis,
        cast(
            {{ wide_product('compared.now_part', 'compared.then_whole') }} - {{ wide_product('compared.then_part', 'compared.now_whole') }}
            as decimal(38, 0)
        ) as numerator,
        cast({{ wide_product('compared.then_part', 'compared.now_whole') }} as decimal(38, 0)) as denominator,
        compared.n,
        false as is_money,
        cast(null as boolean) as is_mature,
        case
            when compared.baseline_on is null then 'no_baseline'
            when compared.is_too_early then 'not_mature'
            when compared.kpi = 'cac_blended' and (compared.now_part is null or compared.then_part is null) then 'no_cost_data'
            when compared.now_whole = 0 or compared.then_whole = 0 then 'no_denominator'
        end as missing_reason
    from compared
)

select
    {{ kpi_columns() }}
from figures
