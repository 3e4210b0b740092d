-- Band of every counted lead at its moments (D24): `creation`; `decision`, the last moment before sales said anything (SQL, return or
-- loss), so that no answer was typed in with the outcome known; and its first hand-over, where it has one. A lead without any answer
-- is cold and its answers unknown.
with decisions as (
    select
        events.lead_id,
        min(events.entered_at) as decided_at
    from {{ ref('int_stage_events_mapped') }} as events
    inner join {{ ref('int_stages_ranked') }} as stages
        on events.stage = stages.stage
    inner join {{ ref('int_stages_ranked') }} as sql_stage
        on sql_stage.stage = 'sql'
    where stages.chain_rank >= sql_stage.chain_rank
        or stages.stage in ('returned', 'lost')
    group by events.lead_id
),

moments as (
    select
        sold.lead_id,
        'creation' as moment,
        sold.created_at as moment_at
    from {{ ref('int_leads_sold') }} as sold
    union all
    select
        sold.lead_id,
        'decision' as moment,
        least(coalesce(decisions.decided_at, {{ build_fact('evaluated_at') }}), coalesce(sold.sql_reached_at, {{ build_fact('evaluated_at') }})) as moment_at
    from {{ ref('int_leads_sold') }} as sold
    left join decisions
        on sold.lead_id = decisions.lead_id
),

-- What is recorded in the second of the creation is known then; what is recorded in the second of the decision may be its reason.
scores_by_recency as (
    select
        moments.lead_id,
        moments.moment,
        scores.band,
        scores.gate_failed,
        scores.is_cold_because_unknown,
        row_number() over (partition by moments.lead_id, moments.moment order by scores.scored_at desc) as recency
    from moments
    inner join {{ ref('int_lead_scores_dated') }} as scores
        on moments.lead_id = scores.lead_id
        and (scores.scored_at < moments.moment_at or (moments.moment = 'creation' and scores.scored_at = moments.moment_at))
)

select
    moments.lead_id,
    cast(moments.moment as string) as moment,
    moments.moment_at,
    coalesce(scores.band, 'cold') as band,
    coalesce(scores.gate_failed, false) as gate_failed,
    coalesce(scores.is_cold_because_unknown, true) as is_cold_because_unknown
from moments
left join scores_by_recency as scores
    on moments.lead_id = scores.lead_id
    and moments.moment = scores.moment
    and scores.recency = 1
union all
select
    handovers.lead_id,
    cast('handover' as string) as moment,
    handovers.handed_over_at as moment_at,
    handovers.band,
    handovers.gate_failed,
    handovers.is_cold_because_unknown
from {{ ref('int_handovers') }} as handovers
inner join {{ ref('int_leads_sold') }} as sold
    on handovers.lead_id = sold.lead_id
where handovers.episode = 1
    and handovers.band is not null
