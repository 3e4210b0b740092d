-- The first message that the company wrote to a person, and the person's first sign of life after it, in writing or by phone.
with messages as (
    select
        coalesce(touches.person_id, leads.person_id, 'lead:' || touches.lead_id) as person_id,
        -- a record without a direction is ours where it names who made it
        coalesce(touches.direction, case when touches.owner_id is null then 'incoming' else 'outgoing' end) as direction,
        touches.kind,
        touches.occurred_at
    from {{ ref('int_touches_channelled') }} as touches
    left join {{ ref('leads') }} as leads
        on touches.lead_id = leads.lead_id
    where touches.kind in ('email', 'messenger', 'sms', 'chat', 'call')
        and not coalesce(touches.is_automated, false)
        and touches.occurred_at <= {{ build_fact('evaluated_at') }}
),

first_sent as (
    select
        messages.person_id,
        min(messages.occurred_at) as sent_at
    from messages
    where messages.direction = 'outgoing' and messages.kind <> 'call' and messages.person_id is not null
    group by messages.person_id
),

answered as (
    select
        first_sent.person_id,
        first_sent.sent_at,
        min(messages.occurred_at) as answered_at
    from first_sent
    inner join messages
        on first_sent.person_id = messages.person_id
    where messages.direction = 'incoming' and messages.occurred_at >= first_sent.sent_at
    group by first_sent.person_id, first_sent.sent_at
)

select
    answered.person_id,
    answered.sent_at,
    answered.answered_at,
    {{ local_date('answered.answered_at') }} as answered_on,
    {{ seconds_between('answered.sent_at', 'answered.answered_at') }} as seconds
from answered
