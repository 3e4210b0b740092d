-- A visit is a touch, and so is every goal reached in it. Times of goals are local to the counter; a goal whose time is missing
-- from the parallel array happened at some moment of the visit, and stands at its start.
with visits as (
    select *
    from {{ ref('stg_yandex_metrika__visits') }}
),

goal_kinds as (
    select
        field_map.field as goal_id,
        field_map.value as kind
    from {{ ref('stg_definitions__field_map') }} as field_map
    where field_map.source_system = 'yandex_metrika'
        and field_map.object = 'goal'
        and field_map.column_name = 'kind'
        and {{ holds_on('field_map', evaluation_date()) }}
),

goals as (
    select
        visits.visit_id,
        {{ element_text('reached.element') }} as goal_id,
        reached.place,
        coalesce(
            {{ utc_of_local_in('visits.time_zone', "cast(nullif(" ~ element_at('visits.goals_reached_at', 'reached.place') ~ ", '') as timestamp)") }},
            visits.started_at
        ) as occurred_at
    from visits
    {{ join_elements('visits.goals', 'reached') }}
),

happened as (
    select
        visits.visit_id,
        cast(null as string) as goal_id,
        cast(null as bigint) as repetition,
        visits.started_at as occurred_at,
        cast(0 as bigint) as source_sequence,
        'visit' as kind,
        cast(null as string) as outcome
    from visits
    union all
    select
        goals.visit_id,
        goals.goal_id,
        row_number() over (partition by goals.visit_id, goals.goal_id order by goals.place) as repetition,
        goals.occurred_at,
        cast(goals.place + 1 as bigint) as source_sequence,
        coalesce(goal_kinds.kind, 'goal') as kind,
        'submitted' as outcome
    from goals
    left join goal_kinds
        on goals.goal_id = goal_kinds.goal_id
)

select
    cast(
        {{ text_key(["'yandex_metrika'", 'happened.visit_id']) }}
        || case when happened.goal_id is null then '' else '|' || {{ text_key(['happened.goal_id', 'happened.repetition']) }} end
        as string
    ) as touch_id,
    cast(null as string) as person_id,
    cast(null as string) as account_id,
    cast(null as string) as lead_id,
    cast(null as string) as deal_id,
    visits.client_id,
    visits.visit_id as session_id,
    happened.occurred_at,
    happened.source_sequence,
    cast(happened.kind as string) as kind,
    cast('incoming' as string) as direction,
    cast(happened.outcome as string) as outcome,
    cast(null as bigint) as talk_seconds,
    false as is_automated,
    cast(null as string) as owner_id,
    cast(null as string) as team,
    visits.campaign_id,
    cast(null as bigint) as cost_minor,
    cast(null as string) as currency,
    visits.channel_label,
    visits.utm_source,
    visits.utm_medium,
    visits.utm_campaign,
    visits.utm_content,
    visits.utm_term,
    visits.referrer_domain,
    visits.click_id_kind,
    cast('yandex_metrika' as string) as source_system,
    visits.source_record_key
from happened
inner join visits
    on happened.visit_id = visits.visit_id
