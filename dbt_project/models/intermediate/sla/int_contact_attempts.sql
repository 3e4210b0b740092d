-- Attempts of people to reach a lead, and what the customer answered (D36).
with policies as (
    select
        cast({{ policy('attempt_gap_minutes') }} as bigint) * 60 as gap_seconds,
        cast({{ policy('two_way_talk_seconds') }} as bigint) as two_way_talk_seconds
),

-- Robots, autoresponders and bulk mail are nobody's attempt; bulk mail is a kind of its own as well.
human_touches as (
    select
        touches.touch_id,
        touches.lead_id,
        touches.person_id,
        touches.owner_id,
        case
            when touches.kind in ('meeting', 'discovery', 'demo') then 'meeting'
            else touches.kind
        end as medium,
        touches.occurred_at,
        -- a record without a direction is ours where it names who made it
        coalesce(touches.direction, case when touches.owner_id is null then 'incoming' else 'outgoing' end) as direction,
        touches.outcome,
        touches.talk_seconds,
        touches.source_record_key
    from {{ ref('int_touches_channelled') }} as touches
    left join {{ ref('int_owners_merged') }} as owners
        on touches.owner_id = owners.owner_id
    where touches.kind in ('call', 'email', 'messenger', 'sms', 'chat', 'meeting', 'discovery', 'demo')
        and not coalesce(touches.is_automated, false)
        and coalesce(owners.is_human, true)
        and touches.occurred_at <= {{ build_fact('evaluated_at') }}
),

people_of_leads as (
    select
        leads.lead_id,
        leads.person_id,
        leads.created_at
    from {{ ref('leads') }} as leads
),

-- A touch that names no lead is one with the newest lead that its person had at the time.
leads_of_person as (
    select
        human_touches.touch_id,
        people_of_leads.lead_id,
        row_number() over (
            partition by human_touches.touch_id
            order by people_of_leads.created_at desc, people_of_leads.lead_id desc
        ) as recency
    from human_touches
    inner join people_of_leads
        on human_touches.person_id = people_of_leads.person_id
        and people_of_leads.created_at <= human_touches.occurred_at
    where human_touches.lead_id is null
),

bound as (
    select
        human_touches.touch_id,
        leads.lead_id,
        human_touches.person_id,
        human_touches.owner_id,
        human_touches.medium,
        human_touches.occurred_at,
        human_touches.direction,
        human_touches.outcome,
        human_touches.talk_seconds,
        human_touches.source_record_key
    from human_touches
    left join leads_of_person
        on human_touches.touch_id = leads_of_person.touch_id and leads_of_person.recency = 1
    inner join people_of_leads as leads
        on coalesce(human_touches.lead_id, leads_of_person.lead_id) = leads.lead_id
),

judged as (
    select
        bound.*,
        policies.gap_seconds,
        {{ unix_seconds('bound.occurred_at') }} as occurred_second,
        case
            when bound.medium = 'meeting' or bound.direction = 'outgoing' then true
            else coalesce(bound.outcome in ('answered', 'held'), false) or coalesce(bound.talk_seconds, 0) > 0
        end as is_attempt,
        case
            when bound.outcome = 'replied' then true
            when bound.medium = 'meeting' then coalesce(bound.outcome = 'held', false)
            -- of an answered call whose length nobody recorded the answer stands
            when bound.medium = 'call'
                then coalesce(bound.talk_seconds >= policies.two_way_talk_seconds, bound.outcome = 'answered', false)
            when bound.direction = 'incoming' then bound.wrote_before > 0
            else coalesce(bound.outcome = 'answered', false)
        end as is_two_way
    from (
        select
            bound.*,
            -- a letter or message of the customer is a reply when somebody had tried before
            sum(case when bound.direction = 'outgoing' then 1 else 0 end) over (
                partition by bound.lead_id
                order by bound.occurred_at, bound.touch_id rows between unbounded preceding and 1 preceding
            ) as wrote_before
        from bound
    ) as bound
    cross join policies
),

-- Most attempts have no other near them and count by themselves; only the crowded ones need the greedy scan.
spaced as (
    select
        judged.touch_id,
        judged.lead_id,
        judged.medium,
        judged.occurred_second,
        judged.gap_seconds,
        coalesce(
            judged.occurred_second
            - lag(judged.occurred_second) over (partition by judged.lead_id, judged.medium order by judged.occurred_second, judged.touch_id)
            < judged.gap_seconds, false
        )
        or coalesce(
            lead(judged.occurred_second) over (partition by judged.lead_id, judged.medium order by judged.occurred_second, judged.touch_id)
            - judged.occurred_second
            < judged.gap_seconds, false
        ) as is_crowded
    from judged
    where judged.is_attempt
),

crowds as (
    select
        spaced.lead_id,
        spaced.medium,
        min(spaced.gap_seconds) as gap_seconds,
        {{ ascending_list('spaced.occurred_second') }} as seconds
    from spaced
    where spaced.is_crowded
    group by spaced.lead_id, spaced.medium
),

scanned_crowds as (
    select
        crowds.lead_id,
        crowds.medium,
        {{ spaced_items('crowds.seconds', 'crowds.gap_seconds') }} as seconds
    from crowds
),

counted_seconds as (
    select
        scanned_crowds.lead_id,
        scanned_crowds.medium,
        counted.item as occurred_second
    from scanned_crowds
    {{ join_items('scanned_crowds.seconds', 'counted') }}
),

-- Of two attempts in one second one counts.
counted as (
    select min(spaced.touch_id) as touch_id
    from spaced
    inner join counted_seconds
        on spaced.lead_id = counted_seconds.lead_id
        and spaced.medium = counted_seconds.medium
        and spaced.occurred_second = counted_seconds.occurred_second
    where spaced.is_crowded
    group by spaced.lead_id, spaced.medium, spaced.occurred_second
    union all
    select spaced.touch_id
    from spaced
    where not spaced.is_crowded
)

select
    judged.touch_id,
    judged.lead_id,
    judged.person_id,
    judged.owner_id,
    cast(judged.medium as string) as medium,
    judged.occurred_at,
    judged.is_attempt,
    counted.touch_id is not null as is_counted,
    judged.is_two_way,
    judged.source_record_key
from judged
left join counted
    on judged.touch_id = counted.touch_id
where judged.is_attempt or judged.is_two_way
