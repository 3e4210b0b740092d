-- Figures of months that are over and not frozen yet; the run freezes them.
select
    figures.period,
    figures.month_starts_on,
    figures.next_month_starts_on,
    figures.figure,
    figures.numerator,
    figures.denominator,
    figures.currency,
    figures.evaluated_on as known_on,
    -- the run of the first day after the month still finds it as it was
    figures.evaluated_on > figures.next_month_starts_on as is_reconstructed
from {{ ref('int_month_figures') }} as figures
left join {{ ref('stg_frozen__month_ends') }} as frozen
    on figures.month_starts_on = frozen.month_starts_on
    and figures.figure = frozen.figure
where figures.ends_at <= figures.evaluated_at and frozen.figure is null
