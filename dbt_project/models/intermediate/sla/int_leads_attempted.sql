-- What was tried to reach each counted lead (D6), of sources that record attempts at all: where nobody writes calls down, nobody can
-- say that nobody called.
with attempts as (
    select
        attempts.lead_id,
        min(case when attempts.is_attempt then attempts.occurred_at end) as first_attempt_at,
        min(case when attempts.is_two_way then attempts.occurred_at end) as first_two_way_at,
        cast(sum(case when attempts.is_counted then 1 else 0 end) as bigint) as attempts,
        count(distinct case when attempts.is_counted then attempts.medium end) as media
    from {{ ref('int_contact_attempts') }} as attempts
    group by attempts.lead_id
),

recording_sources as (
    select distinct leads.source_system
    from {{ ref('leads') }} as leads
    inner join attempts
        on leads.lead_id = attempts.lead_id
    where attempts.attempts > 0
),

dated as (
    select
        leads.lead_id,
        leads.owner_id,
        leads.source_system,
        leads.created_at,
        {{ local_date('leads.created_at') }} as created_on,
        attempts.first_attempt_at,
        {{ local_date('attempts.first_attempt_at') }} as first_attempt_on,
        attempts.first_two_way_at,
        coalesce(attempts.attempts, 0) as attempts,
        coalesce(attempts.media, 0) as media,
        greatest({{ seconds_between('leads.created_at', 'attempts.first_attempt_at') }}, 0) as reaction_seconds
    from {{ ref('leads') }} as leads
    inner join recording_sources
        on leads.source_system = recording_sources.source_system
    left join attempts
        on leads.lead_id = attempts.lead_id
    where not coalesce(leads.is_duplicate, false)
        and not coalesce(leads.is_test, false)
        and leads.created_at <= {{ build_fact('evaluated_at') }}
),

bands as (
    select
        reaction_bands.reaction_band,
        reaction_bands.position,
        reaction_bands.upper_minutes * 60 as upper_seconds,
        lag(reaction_bands.upper_minutes) over (order by reaction_bands.position) * 60 as lower_seconds
    from {{ ref('stg_definitions__reaction_bands') }} as reaction_bands
    where {{ holds_on('reaction_bands', evaluation_date()) }}
)

select
    dated.lead_id,
    dated.owner_id,
    dated.source_system,
    dated.created_at,
    dated.created_on,
    dated.first_attempt_at,
    dated.first_two_way_at,
    cast(dated.attempts as bigint) as attempts,
    cast(dated.media as bigint) as media,
    case when dated.first_attempt_at is not null then cast(dated.reaction_seconds as bigint) end as reaction_seconds,
    cast(coalesce(bands.reaction_band, 'never') as string) as reaction_band,
    coalesce(bands.position, 0) as reaction_band_position,
    dated.first_attempt_on > dated.created_on as is_next_day
from dated
left join bands
    on dated.first_attempt_at is not null
    and (bands.lower_seconds is null or dated.reaction_seconds > bands.lower_seconds)
    and (bands.upper_seconds is null or dated.reaction_seconds <= bands.upper_seconds)
