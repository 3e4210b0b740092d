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

happened as (
    select
        visits.*,
        visits.started_at as occurred_at,
        cast(null as bigint) as place,
        cast(null as string) as goal_id
    from visits
    union all
    select
        visits.*,
        coalesce(
            {{ utc_of_local_in('visits.time_zone', "cast(nullif(" ~ element_at('visits.goals_reached_at', 'reached.place') ~ ", '') as timestamp)") }},
            visits.started_at
        ) as occurred_at,
        cast(reached.place as bigint) as place,
        {{ element_text('reached.element') }} as goal_id
    from visits
    {{ join_elements('visits.goals', 'reached') }}
),

numbered as (
    select
        happened.*,
        row_number() over (partition by happened.visit_id, happened.goal_id order by happened.place) as repetition
    from happened
)

select
    cast(
        {{ text_key(["'yandex_metrika'", 'numbered.visit_id']) }}
        || case when numbered.goal_id is null then '' else '|' || {{ text_key(['numbered.goal_id', 'numbered.repetition']) }} end
        as string
    ) as touch_id,
    cast(null as string) as person_id,
    cast(null as string) as account_id,
    cast(null as string) as lead_id,
    cast(null as string) as deal_id,
    numbered.client_id,
    numbered.visit_id as session_id,
    numbered.occurred_at,
    cast(coalesce(numbered.place + 1, 0) as bigint) as source_sequence,
    cast(case when numbered.goal_id is null then 'visit' else coalesce(goal_kinds.kind, 'goal') end as string) as kind,
    cast('incoming' as string) as direction,
    cast(case when numbered.goal_id is not null then 'submitted' end as string) as outcome,
    cast(null as bigint) as talk_seconds,
    false as is_automated,
    cast(null as string) as owner_id,
    cast(null as string) as team,
    numbered.campaign_id,
    cast(null as bigint) as cost_minor,
    cast(null as string) as currency,
    numbered.channel_label,
    numbered.utm_source,
    numbered.utm_medium,
    numbered.utm_campaign,
    numbered.utm_content,
    numbered.utm_term,
    numbered.referrer_domain,
    numbered.click_id_kind,
    cast('yandex_metrika' as string) as source_system,
    numbered.source_record_key
from numbered
left join goal_kinds
    on numbered.goal_id = goal_kinds.goal_id
