-- Records that are part of another person or account than when a run last looked, merged, split or moved; the run freezes them. What no
-- run has looked at yet stood alone.
with today as (
    select 'person' as applies_to, people.record_id, people.person_id as named
    from {{ ref('int_people_identified') }} as people
    union all
    select 'account' as applies_to, accounts.record_id, accounts.account_id as named
    from {{ ref('int_accounts_identified') }} as accounts
),

looked_at as (
    select
        frozen.applies_to,
        frozen.record_id,
        max(frozen.change_number) as changes,
        max_by(frozen.named, frozen.change_number) as named
    from {{ ref('stg_frozen__identity_changes') }} as frozen
    group by frozen.applies_to, frozen.record_id
),

looks as (
    select count(*) = 0 as is_first_look
    from {{ ref('stg_frozen__identity_changes') }}
)

select
    today.applies_to,
    today.record_id,
    cast(coalesce(looked_at.changes, 0) + 1 as bigint) as change_number,
    coalesce(looked_at.named, today.record_id) as named_before,
    today.named,
    {{ build_fact('evaluated_at') }} as known_at,
    looks.is_first_look
from today
cross join looks
left join looked_at
    on today.applies_to = looked_at.applies_to and today.record_id = looked_at.record_id
where today.named <> coalesce(looked_at.named, today.record_id)
