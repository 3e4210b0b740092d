-- Every sign in every period, also where there is nothing to see: a sign without data is a row with a reason (D5).
with components as (
    select
        'bad_leads' as sign,
        'refused_for_quality' as component,
        'no_handovers' as missing_reason
    union all
    select
        'no_follow_up' as sign,
        'not_tried' as component,
        'no_handovers' as missing_reason
    union all
    select
        'no_return' as sign,
        'campaigns_without_sql' as component,
        'no_cost_data' as missing_reason
    union all
    select
        'slow_customers' as sign,
        'answers' as component,
        'no_denominator' as missing_reason
    union all
    select
        'no_data' as sign,
        'unattributed_revenue' as component,
        'no_revenue_data' as missing_reason
    union all
    select
        'no_data' as sign,
        'refusals_without_reason' as component,
        'no_denominator' as missing_reason
),

shares as (
    select
        members.sign,
        members.component,
        members.period,
        sum(case when members.is_sign then members.weight else 0 end) as numerator,
        sum(members.weight) as denominator,
        count(*) as n
    from {{ ref('int_danger_members') }} as members
    where members.sign <> 'slow_customers'
    group by members.sign, members.component, members.period
),

-- Whole seconds: a median of an even number of answers lies between two of them.
answers as (
    select
        windows.period,
        cast(floor(median(case when messages.answered_on >= windows.window_from then messages.seconds end)) as bigint) as seconds,
        cast(floor(median(case when messages.answered_on < windows.window_from then messages.seconds end)) as bigint) as seconds_before,
        count(case when messages.answered_on >= windows.window_from then 1 end) as n,
        count(case when messages.answered_on < windows.window_from then 1 end) as n_before
    from {{ ref('int_danger_windows') }} as windows
    inner join {{ ref('int_first_messages') }} as messages
        on messages.answered_on >= windows.before_from and messages.answered_on < windows.window_to
    group by windows.period
),

signs as (
    select
        danger.sign,
        danger.position,
        danger.threshold,
        danger.definition_version
    from {{ ref('stg_definitions__danger_signs') }} as danger
    where {{ holds_on('danger', evaluation_date()) }}
),

told as (
    select
        components.sign,
        components.component,
        windows.period,
        windows.window_from,
        windows.window_to,
        coalesce(shares.numerator, answers.seconds - answers.seconds_before) as numerator,
        coalesce(shares.denominator, answers.seconds_before) as denominator,
        coalesce(shares.n, answers.n, 0) as n,
        answers.seconds,
        answers.seconds_before,
        answers.n_before,
        case when answers.n > 0 and answers.n_before = 0 then 'no_baseline' else components.missing_reason end as reason_if_missing
    from components
    cross join {{ ref('int_danger_windows') }} as windows
    left join shares
        on components.sign = shares.sign
        and components.component = shares.component
        and windows.period = shares.period
    left join answers
        on components.sign = 'slow_customers'
        and windows.period = answers.period
),

valued as (
    select
        told.*,
        {{ ratio('told.numerator', 'told.denominator') }} as value,
        least(told.n, coalesce(told.n_before, told.n)) < rules.danger_minimum_n and told.sign <> 'no_return' as is_too_small
    from told
    cross join {{ ref('int_feedback_rules') }} as rules
)

select
    valued.sign,
    valued.component,
    signs.position,
    cast(valued.period as string) as period,
    valued.window_from,
    valued.window_to,
    cast(valued.numerator as bigint) as numerator,
    cast(valued.denominator as bigint) as denominator,
    valued.value,
    cast(signs.threshold as decimal(38, 9)) as threshold,
    cast(
        case
            when valued.value is null then 'missing'
            when valued.is_too_small then 'too_few'
            when valued.value > signs.threshold then 'danger'
            else 'no_danger'
        end as string
    ) as verdict,
    cast(valued.n as bigint) as n,
    valued.seconds as median_seconds,
    valued.seconds_before as median_seconds_before,
    cast(valued.n_before as bigint) as n_before,
    case when valued.value is null then cast(valued.reason_if_missing as string) end as missing_reason,
    signs.definition_version,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from valued
inner join signs
    on valued.sign = signs.sign
