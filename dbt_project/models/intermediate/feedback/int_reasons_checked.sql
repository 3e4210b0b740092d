-- Each refusal and return of sales with its reason held against what was known at that instant (D72), whoever typed it.
with decisions as (
    select
        rejections.rejection_id,
        rejections.lead_id,
        rejections.kind,
        rejections.rejected_at,
        {{ local_date('rejections.rejected_at') }} as rejected_on,
        rejections.reason,
        rejections.source_reason,
        rejections.owner_id,
        rejections.source_system,
        rejections.source_record_key,
        leads.source_system as lead_source_system,
        leads.created_at,
        {{ local_date('leads.created_at') }} as created_on,
        leads.person_id,
        coalesce(leads.account_id, people.account_id) as account_id,
        coalesce(leads.is_in_icp, accounts.is_in_icp) as is_in_icp,
        coalesce(leads.has_valid_phone, people.has_valid_phone) as has_valid_phone
    from {{ ref('int_rejections_mapped') }} as rejections
    inner join {{ ref('leads') }} as leads
        on rejections.lead_id = leads.lead_id
    left join {{ ref('int_people_merged') }} as people
        on leads.person_id = people.person_id
    left join {{ ref('int_accounts_merged') }} as accounts
        on coalesce(leads.account_id, people.account_id) = accounts.account_id
    where rejections.rejected_at <= {{ build_fact('evaluated_at') }}
        and not coalesce(leads.is_duplicate, false)
        and not coalesce(leads.is_test, false)
),

moments as (
    select
        decisions.lead_id,
        decisions.rejection_id,
        decisions.rejected_at as scored_at,
        decisions.rejected_on as scored_on
    from decisions
),

scored as (
    {{ answers_scored('moments', key=['lead_id', 'rejection_id']) | indent(4) }}
),

answers as (
    select
        scored.rejection_id,
        max(case when scored.criterion = 'budget' and not scored.is_missing then scored.points end) as budget_points,
        max(case when scored.criterion = 'timeline' and not scored.is_missing then scored.points end) as timeline_points,
        max(case when scored.criterion = 'timeline' then scored.maximum_points end) as timeline_maximum_points
    from scored
    group by scored.rejection_id
),

-- Where nobody writes calls down, nobody can say that nobody called.
recording_sources as (
    select distinct attempted.source_system
    from {{ ref('int_leads_attempted') }} as attempted
),

tried as (
    select
        decisions.rejection_id,
        cast(sum(case when attempts.is_counted then 1 else 0 end) as bigint) as attempts,
        count(distinct case when attempts.is_counted then attempts.medium end) as media,
        min(case when attempts.is_attempt then attempts.occurred_at end) as first_attempt_at
    from decisions
    inner join {{ ref('int_contact_attempts') }} as attempts
        on decisions.lead_id = attempts.lead_id
        and attempts.occurred_at <= decisions.rejected_at
    group by decisions.rejection_id
),

episodes as (
    select
        decisions.rejection_id,
        max(handovers.episode) as episode
    from decisions
    inner join {{ ref('int_handovers') }} as handovers
        on decisions.lead_id = handovers.lead_id
        and handovers.handed_over_at <= decisions.rejected_at
    group by decisions.rejection_id
),

closed_deals as (
    select
        deals.deal_id,
        deals.person_id,
        coalesce(deals.account_id, people.account_id) as account_id,
        case when {{ policy('close_event') }} = 'paid' then deals.paid_at else deals.won_at end as closed_at
    from {{ ref('int_deals_valued') }} as deals
    left join {{ ref('int_people_merged') }} as people
        on deals.person_id = people.person_id
),

later_deals as (
    select
        decisions.rejection_id,
        closed_deals.deal_id,
        closed_deals.closed_at
    from decisions
    inner join closed_deals
        on decisions.person_id = closed_deals.person_id
    where closed_deals.closed_at > decisions.rejected_at
    union
    select
        decisions.rejection_id,
        closed_deals.deal_id,
        closed_deals.closed_at
    from decisions
    inner join closed_deals
        on decisions.account_id = closed_deals.account_id
    where closed_deals.closed_at > decisions.rejected_at
),

first_later_deals as (
    select
        later_deals.rejection_id,
        min_by(later_deals.deal_id, later_deals.closed_at) as deal_id,
        min(later_deals.closed_at) as closed_at
    from later_deals
    where later_deals.closed_at <= {{ build_fact('evaluated_at') }}
    group by later_deals.rejection_id
),

-- Some CRMs have no place for the reason of a return; its absence there is nobody's negligence.
reason_places as (
    select distinct
        decisions.source_system,
        decisions.kind
    from decisions
    where decisions.source_reason is not null
),

policies as (
    select
        cast({{ policy('unreachable_minimum_attempts') }} as bigint) as minimum_attempts,
        cast({{ policy('unreachable_minimum_channels') }} as bigint) as minimum_channels,
        cast({{ policy('false_reject_days') }} as bigint) as false_reject_days
),

known as (
    select
        decisions.*,
        episodes.episode,
        reason_places.kind is not null as has_place_for_reason,
        answers.budget_points,
        answers.timeline_points,
        answers.timeline_maximum_points,
        recording_sources.source_system is not null as has_attempts_recorded,
        case when recording_sources.source_system is not null then coalesce(tried.attempts, 0) end as attempts,
        case when recording_sources.source_system is not null then coalesce(tried.media, 0) end as media,
        tried.first_attempt_at,
        {{ local_date('tried.first_attempt_at') }} > decisions.created_on as is_first_attempt_next_day,
        first_later_deals.deal_id as later_deal_id,
        first_later_deals.closed_at as later_closed_at,
        policies.minimum_attempts,
        policies.minimum_channels,
        policies.false_reject_days
    from decisions
    cross join policies
    left join answers
        on decisions.rejection_id = answers.rejection_id
    left join reason_places
        on decisions.source_system = reason_places.source_system and decisions.kind = reason_places.kind
    left join recording_sources
        on decisions.lead_source_system = recording_sources.source_system
    left join tried
        on decisions.rejection_id = tried.rejection_id
    left join episodes
        on decisions.rejection_id = episodes.rejection_id
    left join first_later_deals
        on decisions.rejection_id = first_later_deals.rejection_id
),

judged as (
    select
        known.*,
        case
            when known.reason is null and known.source_reason is null then 'no_reason'
            when known.reason = 'not_icp' and known.is_in_icp then 'segment_in_icp'
            when known.reason = 'not_icp' and not known.is_in_icp then 'segment_outside_icp'
            when known.reason = 'unreachable' and (known.attempts < known.minimum_attempts or known.media < known.minimum_channels)
                then 'too_few_attempts'
            when known.reason = 'unreachable' and known.is_first_attempt_next_day then 'first_attempt_next_day'
            when known.reason = 'unreachable' and known.has_attempts_recorded then 'enough_attempts'
            when known.reason = 'no_budget' and known.budget_points > 0 then 'budget_stated'
            when known.reason = 'no_budget' and known.budget_points = 0 then 'budget_denied'
            when known.reason = 'bad_data' and known.has_valid_phone then 'valid_phone'
            when known.reason = 'bad_data' and not known.has_valid_phone then 'no_valid_phone'
            when known.reason = 'too_early' and known.timeline_points = known.timeline_maximum_points then 'timeline_near'
            when known.reason = 'too_early' and known.timeline_points < known.timeline_maximum_points then 'timeline_far'
            else 'no_evidence'
        end as evidence
    from known
)

select
    judged.rejection_id,
    judged.lead_id,
    judged.episode,
    judged.kind,
    judged.rejected_at,
    judged.rejected_on,
    judged.reason,
    judged.source_reason,
    judged.has_place_for_reason,
    judged.owner_id,
    cast(
        case
            when judged.evidence in (
                'segment_in_icp', 'too_few_attempts', 'first_attempt_next_day', 'budget_stated', 'valid_phone', 'timeline_near'
            ) then 'contradicted'
            when judged.evidence in ('no_reason', 'no_evidence') then 'unverifiable'
            else 'supported'
        end as string
    ) as verdict,
    cast(judged.evidence as string) as evidence,
    judged.is_in_icp,
    judged.has_valid_phone,
    judged.budget_points,
    judged.timeline_points,
    judged.attempts,
    judged.media,
    judged.attempts >= judged.minimum_attempts and judged.media = 1 as is_single_channel,
    judged.first_attempt_at,
    judged.is_first_attempt_next_day,
    judged.kind = 'rejected'
    and coalesce({{ seconds_between('judged.rejected_at', 'judged.later_closed_at') }} <= judged.false_reject_days * 86400, false)
        as is_false_reject,
    judged.later_deal_id,
    judged.later_closed_at,
    judged.source_system,
    judged.source_record_key
from judged
