with dated as (
    select
        evidence.*,
        cast({{ plus_days('cast(' ~ policy('rollout_started_on') ~ ' as date)', 'evidence.week * 7') }} as date) as due_on,
        rules.evaluated_on
    from {{ ref('int_rollout_evidence') }} as evidence
    cross join {{ ref('int_feedback_rules') }} as rules
)

select
    dated.week,
    cast(dated.step as string) as step,
    dated.due_on,
    cast(
        case
            when dated.found_on <= dated.evaluated_on then 'done'
            when dated.due_on < dated.evaluated_on then 'overdue'
            else 'open'
        end as string
    ) as state,
    cast(dated.evidence as string) as evidence,
    cast(dated.subject as string) as subject,
    dated.found_on,
    dated.occurrences,
    cast(dated.found_in as string) as found_in,
    cast(dated.link as string) as link,
    dated.definition_version,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from dated
