-- Channels of the definition, and those that only the channel rules name.
with defined as (
    select
        channels.channel,
        channels.role,
        channels.team,
        channels.is_paid,
        channels.definition_version
    from {{ ref('stg_definitions__channels') }} as channels
    where {{ holds_on('channels', evaluation_date()) }}
),

named_by_rules as (
    select
        rules.channel,
        max(rules.definition_version) as definition_version
    from {{ ref('stg_definitions__channel_rules') }} as rules
    where {{ holds_on('rules', evaluation_date()) }} and rules.channel is not null
    group by rules.channel
),

named as (
    select channel, definition_version from named_by_rules
    union all
    select 'unknown' as channel, cast(null as string) as definition_version
),

undefined as (
    select
        named.channel,
        max(named.definition_version) as definition_version
    from named
    left join defined
        on named.channel = defined.channel
    where defined.channel is null
    group by named.channel
),

channels as (
    select
        defined.channel,
        defined.role,
        defined.team,
        defined.is_paid,
        true as is_defined,
        defined.definition_version
    from defined
    union all
    select
        undefined.channel,
        cast(null as string) as role,
        cast(null as string) as team,
        cast(null as boolean) as is_paid,
        false as is_defined,
        undefined.definition_version
    from undefined
)

select
    cast(channels.channel as string) as channel_id,
    cast(channels.channel as string) as channel,
    cast(channels.role as string) as role,
    cast(channels.team as string) as team,
    channels.is_paid,
    channels.is_defined,
    cast(channels.definition_version as string) as definition_version,
    {{ build_fact('build_id') }} as build_id
from channels
