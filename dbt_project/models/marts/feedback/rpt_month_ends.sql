with held as (
    select
        frozen.period,
        frozen.month_starts_on,
        frozen.next_month_starts_on,
        frozen.figure,
        frozen.numerator,
        frozen.denominator,
        frozen.currency,
        frozen.known_on,
        frozen.is_reconstructed
    from {{ ref('stg_frozen__month_ends') }} as frozen
    union all
    select
        due.period,
        due.month_starts_on,
        due.next_month_starts_on,
        due.figure,
        due.numerator,
        due.denominator,
        due.currency,
        due.known_on,
        due.is_reconstructed
    from {{ ref('int_month_ends_due') }} as due
)

select
    cast(held.period as string) as period,
    held.month_starts_on as period_start_on,
    held.next_month_starts_on as period_end_on,
    cast(held.figure as string) as figure,
    held.numerator,
    held.denominator,
    {{ ratio('held.numerator', 'held.denominator') }} as rate,
    held.currency,
    held.known_on,
    held.is_reconstructed,
    today.numerator as numerator_today,
    today.denominator as denominator_today,
    {{ ratio('today.numerator', 'today.denominator') }} as rate_today,
    coalesce(held.numerator, 0) <> coalesce(today.numerator, 0)
    or coalesce(held.denominator, 0) <> coalesce(today.denominator, 0) as is_restated,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from held
left join {{ ref('int_month_figures') }} as today
    on held.month_starts_on = today.month_starts_on
    and held.figure = today.figure
