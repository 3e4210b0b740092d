-- Every change of who a record is part of, in the order in which runs saw them.
with changes as (
    select
        frozen.applies_to,
        frozen.record_id,
        frozen.change_number,
        frozen.named_before,
        frozen.named,
        frozen.known_at,
        frozen.is_first_look
    from {{ ref('stg_frozen__identity_changes') }} as frozen
    union all
    select
        due.applies_to,
        due.record_id,
        due.change_number,
        due.named_before,
        due.named,
        due.known_at,
        due.is_first_look
    from {{ ref('int_identity_changes_due') }} as due
)

select
    changes.applies_to,
    changes.record_id,
    changes.change_number,
    case
        when changes.named = changes.record_id then 'split'
        when changes.named_before = changes.record_id then 'merged'
        else 'moved'
    end as change,
    changes.named_before,
    changes.named,
    changes.known_at,
    changes.is_first_look,
    changes.known_at = {{ build_fact('evaluated_at') }} and not changes.is_first_look as is_since_the_build_before,
    {{ build_fact('build_id') }} as build_id
from changes
