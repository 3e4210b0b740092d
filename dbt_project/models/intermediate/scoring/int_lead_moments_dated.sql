-- Creation, and the first hand-over of the leads that have one: what an episode is stands in int_handover_episodes (D30).
with moments as (
    select
        leads.lead_id,
        'creation' as moment,
        leads.created_at as scored_at
    from {{ ref('leads') }} as leads
    union all
    select
        episodes.lead_id,
        'handover' as moment,
        episodes.handed_over_at as scored_at
    from {{ ref('int_handover_episodes') }} as episodes
    where episodes.episode = 1
)

select
    moments.lead_id,
    cast(moments.moment as string) as moment,
    moments.scored_at,
    {{ local_date('moments.scored_at') }} as scored_on
from moments
inner join {{ ref('leads') }} as leads
    on moments.lead_id = leads.lead_id
where not coalesce(leads.is_duplicate, false)
    and not coalesce(leads.is_test, false)
