-- The score state `sql_candidate` (D10, D11): from the moment the score enters the band hot, after gates (D23), to the moment
-- it leaves it. It runs beside the stages of the CRM and neither ends nor interrupts one.
with changes as (
    select
        scores.lead_id,
        scores.scored_at,
        scores.band,
        scores.source_system,
        scores.source_record_key,
        scores.definition_version,
        lag(scores.band) over (partition by scores.lead_id order by scores.scored_at) as previous_band
    from {{ ref('int_lead_scores_dated') }} as scores
),

turns as (
    select
        changes.*,
        lead(changes.scored_at) over (partition by changes.lead_id order by changes.scored_at) as next_turn_at
    from changes
    where (changes.band = 'hot' and coalesce(changes.previous_band, 'cold') <> 'hot')
        or (changes.band <> 'hot' and changes.previous_band = 'hot')
),

entries as (
    select
        turns.*,
        row_number() over (partition by turns.lead_id order by turns.scored_at) as sequence
    from turns
    where turns.band = 'hot'
)

select
    'score:' || entries.lead_id || ':' || cast(entries.sequence as string) as event_id,
    entries.lead_id,
    cast('sql_candidate' as string) as stage,
    cast(entries.sequence as bigint) as sequence,
    entries.scored_at as entered_at,
    entries.next_turn_at as left_at,
    entries.sequence > 1 as is_re_entry,
    entries.source_system,
    entries.source_record_key,
    entries.definition_version
from entries
