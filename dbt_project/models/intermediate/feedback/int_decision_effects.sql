-- Effect of a decision (D70): the change in lead to SQL of its campaign, less the same change in the campaigns without one.
{%- set arms = ['before', 'after', 'reference_before', 'reference_after'] %}
{%- set terms = [('+', 'rated.after'), ('-', 'rated.before'), ('-', 'rated.reference_after'), ('+', 'rated.reference_before')] %}

with rated as (
    select
        arms.*,
        {%- for arm in arms %}
        {{ ratio('arms.' ~ arm ~ '_sql', 'arms.' ~ arm ~ '_n') }} as {{ arm }}_rate,
        {{ wilson_bound('arms.' ~ arm ~ '_sql', 'arms.' ~ arm ~ '_n', '-') }} as {{ arm }}_low,
        {{ wilson_bound('arms.' ~ arm ~ '_sql', 'arms.' ~ arm ~ '_n', '+') }} as {{ arm }}_high,
        {%- endfor %}
        rules.review_minimum_n
    from {{ ref('int_decision_arms') }} as arms
    cross join {{ ref('int_feedback_rules') }} as rules
),

measured as (
    select
        rated.*,
        cast(rated.after_rate as decimal(12, 9)) - cast(rated.before_rate as decimal(12, 9))
        - cast(rated.reference_after_rate as decimal(12, 9)) + cast(rated.reference_before_rate as decimal(12, 9)) as effect,
        {{ bound_of_difference(terms, '-') }} as effect_low,
        {{ bound_of_difference(terms, '+') }} as effect_high,
        least(rated.before_n, rated.after_n, rated.reference_before_n, rated.reference_after_n) < rated.review_minimum_n as is_too_small
    from rated
)

select
    measured.decision_id,
    measured.campaign_id,
    measured.decided_on,
    measured.before_n,
    measured.before_sql,
    measured.after_n,
    measured.after_sql,
    measured.reference_before_n,
    measured.reference_before_sql,
    measured.reference_after_n,
    measured.reference_after_sql,
    case when measured.is_mature then cast(measured.effect as decimal(38, 9)) end as effect,
    case when measured.is_mature then measured.effect_low end as effect_low,
    case when measured.is_mature then measured.effect_high end as effect_high,
    case
        when measured.is_mature then {{ verdict_of_difference('measured.effect_low', 'measured.effect_high', 'measured.is_too_small') }}
    end as effect_verdict,
    case
        when not measured.is_mature then 'not_mature'
        when measured.effect is null then 'no_denominator'
    end as effect_missing_reason
from measured
