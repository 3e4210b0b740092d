-- Everybody who was ever in the list of users, as last told: leads keep the owner who has left.
with users as (
    {{ newest_versions('amocrm', 'users') | indent(4) }}
),

teams as (
    select
        map.field as group_id,
        map.value as team
    from {{ ref('stg_definitions__field_map') }} as map
    where map.source_system = 'amocrm' and map.object = 'user_group' and map.column_name = 'team'
        and {{ holds_on('map', evaluation_date()) }}
)

select
    cast(users.id as string) as owner_id,
    cast(users.name as string) as owner_name,
    cast(teams.team as string) as team,
    cast(null as string) as manager_owner_id,
    cast(null as string) as region,
    cast(null as string) as calendar,
    cast(true as boolean) as is_human,
    cast(null as date) as started_on,
    cast(null as date) as ended_on,
    cast('amocrm' as string) as source_system,
    cast({{ raw_record_key('amocrm', 'users', 'users') }} as string) as source_record_key
from users
left join teams
    on users.group_id = teams.group_id
