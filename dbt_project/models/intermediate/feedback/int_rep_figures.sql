-- What the scorecard of an employee counts, one row per figure and record counted: `numerator` of `denominator`, or a `value` whose
-- median is told. Breaches for a cause of the process are nobody's of the reps (D39).
with clocks as (
    select
        placed.owner_id,
        placed.month_starts_on,
        placed.clock,
        placed.state,
        placed.stopped_seconds,
        {{ text_key(['placed.lead_id', 'placed.episode', 'placed.clock']) }} as record_id
    from {{ ref('int_clocks_placed') }} as placed
    where placed.owner_id not in ('(none)', '(process)')
),

handed as (
    select
        handovers.lead_id,
        handovers.episode,
        handovers.owner_id,
        handovers.handed_over_at,
        handovers.ended_at,
        handovers.outcome,
        {{ local_date('handovers.handed_over_at') }} as handed_over_on
    from {{ ref('int_handovers') }} as handovers
    where coalesce(handovers.outcome, '') <> 'void' and handovers.owner_id is not null
),

episodes as (
    select
        handed.*,
        {{ text_key(['handed.lead_id', 'handed.episode']) }} as record_id,
        days.month_starts_on
    from handed
    inner join {{ ref('int_days') }} as days
        on handed.handed_over_on = days.date_on
),

attempts_of_episodes as (
    select
        episodes.lead_id,
        episodes.episode,
        count(*) as attempts
    from episodes
    inner join {{ ref('int_contact_attempts') }} as attempts
        on episodes.lead_id = attempts.lead_id
        and attempts.is_counted
        and attempts.occurred_at >= episodes.handed_over_at
        and (episodes.ended_at is null or attempts.occurred_at <= episodes.ended_at)
    group by episodes.lead_id, episodes.episode
),

recorded_leads as (
    select attempted.lead_id
    from {{ ref('int_leads_attempted') }} as attempted
),

-- A field is asked of the lead where the lead itself, its person, its account or its answers can carry it.
answered as (
    select
        scored.lead_id,
        scored.episode,
        max(case when scored.criterion = 'budget' and not scored.is_missing then 1 else 0 end) as has_budget,
        max(case when scored.criterion = 'timeline' and not scored.is_missing then 1 else 0 end) as has_timeline,
        max(case when scored.criterion = 'authority' and not scored.is_missing then 1 else 0 end) as has_authority,
        max(case when scored.criterion = 'need_urgency' and not scored.is_missing then 1 else 0 end) as has_need
    from {{ ref('int_handovers_scored') }} as scored
    group by scored.lead_id, scored.episode
),

fields_of_episodes as (
    select
        episodes.owner_id,
        episodes.month_starts_on,
        {{ text_key(['episodes.lead_id', 'episodes.episode', 'required.field']) }} as record_id,
        case required.field
            when 'person_id' then leads.person_id is not null
            when 'account_id' then coalesce(leads.account_id, people.account_id) is not null
            when 'segment' then coalesce(leads.segment, accounts.segment) is not null
            when 'job_title' then coalesce(leads.job_title, people.job_title) is not null
            when 'phone' then coalesce(leads.has_valid_phone, people.has_valid_phone, false)
            when 'email' then coalesce(leads.has_valid_email, people.has_valid_email, false)
            when 'need' then leads.has_need is not null or coalesce(answered.has_need, 0) = 1
            when 'budget' then coalesce(answered.has_budget, 0) = 1
            when 'timeline' then coalesce(answered.has_timeline, 0) = 1
            when 'authority' then coalesce(answered.has_authority, 0) = 1
        end as is_filled
    from episodes
    inner join {{ ref('stg_definitions__required_fields') }} as required
        on {{ holds_on('required', 'episodes.handed_over_on') }}
    inner join {{ ref('leads') }} as leads
        on episodes.lead_id = leads.lead_id
    left join {{ ref('int_people_merged') }} as people
        on leads.person_id = people.person_id
    left join {{ ref('int_accounts_merged') }} as accounts
        on coalesce(leads.account_id, people.account_id) = accounts.account_id
    left join answered
        on episodes.lead_id = answered.lead_id and episodes.episode = answered.episode
),

decisions as (
    select
        checked.owner_id,
        days.month_starts_on,
        checked.rejection_id as record_id,
        checked.source_reason,
        checked.has_place_for_reason,
        checked.verdict
    from {{ ref('int_reasons_checked') }} as checked
    inner join {{ ref('int_days') }} as days
        on checked.rejected_on = days.date_on
    where checked.owner_id is not null
),

reviews as (
    select
        dated.owner_id,
        days.month_starts_on,
        dated.record_id,
        dated.objections_raised,
        dated.objections_handled,
        dated.communication_quality
    from (
        select
            call_reviews.owner_id,
            call_reviews.review_id as record_id,
            {{ local_date('call_reviews.reviewed_at') }} as reviewed_on,
            call_reviews.objections_raised,
            call_reviews.objections_handled,
            call_reviews.communication_quality
        from {{ ref('call_reviews') }} as call_reviews
        where call_reviews.owner_id is not null and call_reviews.reviewed_at <= {{ build_fact('evaluated_at') }}
    ) as dated
    inner join {{ ref('int_days') }} as days
        on dated.reviewed_on = days.date_on
),

confirmed as (
    select
        episodes.owner_id,
        episodes.month_starts_on,
        episodes.record_id,
        case when reached.lead_id is not null then 1 else 0 end as is_won
    from episodes
    left join {{ ref('int_leads_reached') }} as reached
        on episodes.lead_id = reached.lead_id
        and reached.stage = {{ policy('close_event') }}
        and reached.reached_at >= episodes.handed_over_at
    where episodes.outcome = 'sql'
)

select
    clocks.owner_id,
    clocks.month_starts_on,
    clocks.record_id,
    case clocks.clock when 'reaction' then 'first_touch_in_time' else 'acceptance_in_time' end as metric,
    cast(case when clocks.state = 'met' then 1 else 0 end as bigint) as numerator,
    cast(1 as bigint) as denominator,
    cast(null as bigint) as value
from clocks
where clocks.clock in ('reaction', 'acceptance') and clocks.state in ('met', 'late', 'breached')
union all
select
    clocks.owner_id,
    clocks.month_starts_on,
    clocks.record_id,
    'acceptance_seconds' as metric,
    cast(null as bigint) as numerator,
    cast(null as bigint) as denominator,
    clocks.stopped_seconds as value
from clocks
where clocks.clock = 'acceptance' and clocks.stopped_seconds is not null
union all
select
    episodes.owner_id,
    episodes.month_starts_on,
    episodes.record_id,
    'attempts_per_handover' as metric,
    cast(coalesce(attempts_of_episodes.attempts, 0) as bigint) as numerator,
    cast(1 as bigint) as denominator,
    cast(null as bigint) as value
from episodes
inner join recorded_leads
    on episodes.lead_id = recorded_leads.lead_id
left join attempts_of_episodes
    on episodes.lead_id = attempts_of_episodes.lead_id and episodes.episode = attempts_of_episodes.episode
where episodes.outcome is not null
union all
select
    fields_of_episodes.owner_id,
    fields_of_episodes.month_starts_on,
    fields_of_episodes.record_id,
    'required_fields_filled' as metric,
    cast(case when fields_of_episodes.is_filled then 1 else 0 end as bigint) as numerator,
    cast(1 as bigint) as denominator,
    cast(null as bigint) as value
from fields_of_episodes
union all
select
    decisions.owner_id,
    decisions.month_starts_on,
    decisions.record_id,
    'reasons_filled' as metric,
    cast(case when decisions.source_reason is not null then 1 else 0 end as bigint) as numerator,
    cast(1 as bigint) as denominator,
    cast(null as bigint) as value
from decisions
where decisions.has_place_for_reason
union all
select
    decisions.owner_id,
    decisions.month_starts_on,
    decisions.record_id,
    'reasons_supported' as metric,
    cast(case when decisions.verdict = 'supported' then 1 else 0 end as bigint) as numerator,
    cast(1 as bigint) as denominator,
    cast(null as bigint) as value
from decisions
where decisions.verdict in ('supported', 'contradicted')
union all
select
    reviews.owner_id,
    reviews.month_starts_on,
    reviews.record_id,
    'objections_handled' as metric,
    reviews.objections_handled as numerator,
    reviews.objections_raised as denominator,
    cast(null as bigint) as value
from reviews
where reviews.objections_raised > 0
union all
select
    reviews.owner_id,
    reviews.month_starts_on,
    reviews.record_id,
    'communication_quality' as metric,
    cast(round(reviews.communication_quality * 1000000) as bigint) as numerator,
    cast(1000000 as bigint) as denominator,
    cast(null as bigint) as value
from reviews
where reviews.communication_quality is not null
union all
select
    episodes.owner_id,
    episodes.month_starts_on,
    episodes.record_id,
    'handover_to_sql' as metric,
    cast(case when episodes.outcome = 'sql' then 1 else 0 end as bigint) as numerator,
    cast(1 as bigint) as denominator,
    cast(null as bigint) as value
from episodes
where episodes.outcome is not null
union all
select
    confirmed.owner_id,
    confirmed.month_starts_on,
    confirmed.record_id,
    'sql_to_close' as metric,
    cast(confirmed.is_won as bigint) as numerator,
    cast(1 as bigint) as denominator,
    cast(null as bigint) as value
from confirmed
