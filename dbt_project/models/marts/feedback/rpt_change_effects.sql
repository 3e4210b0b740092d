{%- set arms = ['without', 'with'] %}
{%- set terms = [('+', 'rated.with'), ('-', 'rated.without')] %}

with rated as (
    select
        arms.*,
        {%- for arm in arms %}
        {{ ratio('arms.' ~ arm ~ '_met', 'arms.' ~ arm ~ '_n') }} as {{ arm }}_rate,
        {{ wilson_bound('arms.' ~ arm ~ '_met', 'arms.' ~ arm ~ '_n', '-') }} as {{ arm }}_low,
        {{ wilson_bound('arms.' ~ arm ~ '_met', 'arms.' ~ arm ~ '_n', '+') }} as {{ arm }}_high,
        {%- endfor %}
        case
            when arms.comparison <> 'campaign_beside_others'
                then {{ ratio('arms.with_began * arms.without_days', 'arms.without_began * arms.with_days') }}
        end as volume_ratio,
        least(arms.with_n, arms.without_n) < rules.change_minimum_n as is_too_small
    from {{ ref('int_change_arms') }} as arms
    cross join {{ ref('int_feedback_rules') }} as rules
),

changes as (
    select distinct
        arms.annotation_id,
        arms.started_on,
        arms.ended_on
    from {{ ref('int_change_arms') }} as arms
),

-- What else changed between the first and the last day that are compared.
others as (
    select
        arms.annotation_id,
        arms.phase,
        arms.comparison,
        arms.metric,
        count(*) as other_changes
    from {{ ref('int_change_arms') }} as arms
    inner join changes
        on arms.annotation_id <> changes.annotation_id
    where (
        changes.started_on > least(arms.with_from, arms.without_from)
        and changes.started_on < greatest(arms.with_to, arms.without_to)
    )
    or (
        changes.ended_on > least(arms.with_from, arms.without_from)
        and changes.ended_on < greatest(arms.with_to, arms.without_to)
    )
    group by arms.annotation_id, arms.phase, arms.comparison, arms.metric
),

measured as (
    select
        rated.*,
        cast(rated.with_rate as decimal(12, 9)) - cast(rated.without_rate as decimal(12, 9)) as difference,
        {{ bound_of_difference(terms, '-') }} as low,
        {{ bound_of_difference(terms, '+') }} as high
    from rated
),

told as (
    select
        measured.*,
        {{ verdict_of_difference('measured.low', 'measured.high', 'measured.is_too_small') }} as verdict
    from measured
)

select
    told.annotation_id,
    cast(told.kind as string) as kind,
    annotations.note,
    told.campaign_id,
    told.started_on,
    told.ended_on,
    cast(told.phase as string) as phase,
    cast(told.comparison as string) as comparison,
    cast(told.metric as string) as metric,
    told.within_days,
    told.within_minutes,
    told.without_from,
    told.without_to,
    told.with_from,
    told.with_to,
    told.without_began,
    told.with_began,
    told.without_days,
    told.with_days,
    told.volume_ratio,
    told.without_met,
    told.without_n,
    told.without_rate,
    told.with_met,
    told.with_n,
    told.with_rate,
    cast(told.difference as decimal(38, 9)) as difference,
    told.low,
    told.high,
    cast(told.verdict as string) as verdict,
    cast(
        case
            when told.verdict = 'worse' and told.volume_ratio > 1 then 'more_but_worse'
            when told.verdict = 'better' and told.volume_ratio < 1 then 'fewer_but_better'
            when told.verdict = 'better' and told.volume_ratio > 1 then 'more_and_better'
            when told.verdict = 'worse' and told.volume_ratio < 1 then 'fewer_and_worse'
        end as string
    ) as reading,
    cast(
        case
            when told.difference is not null then null
            when told.with_began > 0 and told.without_began > 0 then 'not_mature'
            else 'no_denominator'
        end as string
    ) as missing_reason,
    cast(coalesce(others.other_changes, 0) as bigint) as other_changes,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from told
inner join {{ ref('annotations') }} as annotations
    on told.annotation_id = annotations.annotation_id
left join others
    on told.annotation_id = others.annotation_id
    and told.phase = others.phase
    and told.comparison = others.comparison
    and told.metric = others.metric
