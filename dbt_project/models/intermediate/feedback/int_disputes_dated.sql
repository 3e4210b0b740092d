-- Disputes up to the evaluation instant; one that was settled later was open then.
with known as (
    select
        disputes.dispute_id,
        disputes.raised_by,
        disputes.subject,
        disputes.subject_id,
        disputes.opened_at,
        case when disputes.settled_at <= {{ build_fact('evaluated_at') }} then disputes.settled_at end as settled_at,
        disputes.source_record_key
    from {{ ref('disputes') }} as disputes
    where disputes.opened_at <= {{ build_fact('evaluated_at') }}
)

select
    known.dispute_id,
    known.raised_by,
    known.subject,
    known.subject_id,
    {{ local_date('known.opened_at') }} as opened_on,
    {{ local_date('known.settled_at') }} as settled_on,
    cast({{ floor_divide(seconds_between('known.opened_at', 'known.settled_at'), '86400') }} as bigint) as days_open,
    known.source_record_key
from known
