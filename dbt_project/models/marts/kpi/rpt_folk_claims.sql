-- The change that goes with a claim is a ratio of two rates, or of two odds for each day between the groups, less 1, with the
-- 90 % interval of the log method. First that fits:
-- too few of either side; an interval wholly outside what is claimed; one that holds 0, no change; else supported.
{%- set odds = ['compared.events', 'compared.base', 'compared.other_events', 'compared.other_base', 'compared.delay_days'] %}
with compared as (
    select
        comparisons.*,
        claims.claimed_low,
        claims.claimed_high,
        claims.minimum_n,
        claims.definition_version,
        comparisons.n >= claims.minimum_n
        and comparisons.events > 0
        and comparisons.other_events > 0
        -- odds of all against none are no number
        and (comparisons.compared <> 'odds_per_day' or (comparisons.events < comparisons.base and comparisons.other_events < comparisons.other_base))
            as is_enough
    from {{ ref('stg_definitions__folk_claims') }} as claims
    inner join {{ ref('int_folk_comparisons') }} as comparisons
        on claims.claim = comparisons.claim
    where {{ holds_on('claims', evaluation_date()) }}
),

varied as (
    select
        compared.*,
        case
            when not compared.is_enough then null
            when compared.compared = 'odds_per_day' then {{ odds_ratio_per_day(*odds) }}
            else {{ ratio(wide_product('compared.events', 'compared.other_base'), wide_product('compared.base', 'compared.other_events')) }}
        end as rate_ratio,
        case
            when not compared.is_enough then null
            when compared.compared = 'odds_per_day' then {{ log_odds_ratio_per_day_variance(*odds) }}
            when compared.compared = 'proportions'
                then {{ log_risk_ratio_variance('compared.events', 'compared.base', 'compared.other_events', 'compared.other_base') }}
            else {{ log_rate_ratio_variance('compared.events', 'compared.other_events') }}
        end as variance
    from compared
),

bounded as (
    select
        varied.*,
        -- Spark takes a digit from a difference of decimals of 38 digits
        case when varied.is_enough then cast(varied.rate_ratio as decimal(28, 9)) - 1 end as estimate,
        case when varied.is_enough then cast({{ log_ratio_bound('varied.rate_ratio', 'varied.variance', '-') }} as decimal(28, 9)) - 1 end as low,
        case when varied.is_enough then cast({{ log_ratio_bound('varied.rate_ratio', 'varied.variance', '+') }} as decimal(28, 9)) - 1 end as high
    from varied
)

select
    bounded.claim,
    cast(bounded.claimed_low as decimal(38, 9)) as claimed_low,
    cast(bounded.claimed_high as decimal(38, 9)) as claimed_high,
    bounded.changed_at,
    bounded.events,
    bounded.base,
    bounded.other_events,
    bounded.other_base,
    bounded.delay_days,
    bounded.n,
    bounded.minimum_n,
    cast(bounded.estimate as decimal(38, 9)) as estimate,
    cast(bounded.low as decimal(38, 9)) as low,
    cast(bounded.high as decimal(38, 9)) as high,
    cast(
        case
            when not bounded.is_enough then 'too_little_data'
            when bounded.high < bounded.claimed_low or bounded.low > bounded.claimed_high then 'contradicted'
            when bounded.low <= 0 and bounded.high >= 0 then 'not_shown'
            else 'supported'
        end as string
    ) as verdict,
    bounded.definition_version,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from bounded
