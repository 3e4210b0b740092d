-- Steps of a lead cohort chain: each denominator is the numerator of the step before, the first and the last are those of
-- lead -> close; hence the rates multiply to the whole-funnel rate exactly (D12). Views A and C, from `lead` on.
with chained as (
    select
        view,
        cohort_month,
        channel,
        from_stage,
        to_stage,
        numerator,
        denominator,
        lag(numerator) over (partition by view, cohort_month, channel order by step_position) as numerator_before
    from {{ ref('rpt_funnel_cohorts') }}
    where cohort_basis = 'lead' and view in ('A', 'C')
),

whole as (
    select
        month_starts_on,
        channel,
        to_stage,
        numerator,
        denominator
    from {{ ref('int_step_cohorts') }}
    where cohort_basis = 'lead' and from_stage = 'lead'
)

select
    chained.view,
    chained.cohort_month,
    chained.channel,
    chained.from_stage,
    chained.to_stage
from chained
left join whole
    on chained.cohort_month = whole.month_starts_on
    and chained.channel = whole.channel
    and chained.to_stage = whole.to_stage
where chained.denominator <> chained.numerator_before
    or (chained.from_stage = 'lead' and chained.denominator <> whole.denominator)
    or chained.numerator <> whole.numerator
