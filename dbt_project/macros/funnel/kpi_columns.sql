{#- Columns that every KPI family ends in, from a relation `figures` with kpi, variant, month_starts_on, segment,
    cohort_basis, basis, numerator, denominator, n, is_money, is_mature, missing_reason (null: decided by the denominator).
    The value is numerator / denominator; `is_proportion` adds the Wilson interval. -#}
{% macro kpi_columns(is_proportion=false) -%}
    cast(figures.kpi as string) as kpi,
    cast(figures.variant as string) as variant,
    figures.month_starts_on,
    cast(figures.segment as string) as segment,
    cast(figures.cohort_basis as string) as cohort_basis,
    cast(figures.basis as string) as basis,
    cast(figures.numerator as decimal(38, 9)) as numerator,
    cast(figures.denominator as decimal(38, 9)) as denominator,
    case when figures.missing_reason is null then {{ ratio('figures.numerator', 'figures.denominator') }} end as value,
    cast(figures.n as bigint) as n,
    {%- if is_proportion %}
    case when figures.missing_reason is null then {{ wilson_bound('figures.numerator', 'figures.denominator', '-') }} end as low,
    case when figures.missing_reason is null then {{ wilson_bound('figures.numerator', 'figures.denominator', '+') }} end as high,
    {%- else %}
    cast(null as decimal(38, 9)) as low,
    cast(null as decimal(38, 9)) as high,
    {%- endif %}
    figures.is_money,
    figures.is_mature,
    cast(
        coalesce(
            figures.missing_reason,
            case when coalesce(figures.denominator, 0) = 0 then 'no_denominator' when figures.numerator is null then 'no_numerator' end
        ) as string
    ) as missing_reason
{%- endmacro %}
