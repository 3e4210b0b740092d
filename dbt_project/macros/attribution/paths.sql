{#- Touches of journeys as their window reads them: without direct touches where the journey has any other (`drops_direct`), with
    neighbours of one channel as one touch (`path_transform` exposure), or with each channel once (unique); the first stays.

    relation: touch_id, occurred_at, source_sequence, channel, path_transform, drops_direct and the columns of `journey`, which
    tell one journey from another. Returns every column of `relation` by its name. Windows that change nothing skip the sorting. -#}
{% macro read_paths(relation, journey, columns) -%}
{%- set same_journey = 'touches.' ~ (journey | join(', touches.')) -%}
with with_others as (
    select
        touches.*,
        max(case when touches.channel <> 'direct' then 1 else 0 end) over (partition by {{ same_journey }}) as has_another_channel
    from {{ relation }} as touches
    where touches.path_transform <> 'none' or touches.drops_direct
),

with_neighbours as (
    select
        touches.*,
        lag(touches.channel) over (
            partition by {{ same_journey }} order by touches.occurred_at, touches.source_sequence, touches.touch_id
        ) as channel_before,
        row_number() over (
            partition by {{ same_journey }}, touches.channel order by touches.occurred_at, touches.source_sequence, touches.touch_id
        ) as time_of_channel
    from with_others as touches
    where not (touches.drops_direct and touches.channel = 'direct' and touches.has_another_channel = 1)
)

select
    {% for column in columns %}touches.{{ column }}{% if not loop.last %}, {% endif %}{% endfor %}
from {{ relation }} as touches
where touches.path_transform = 'none' and not touches.drops_direct
union all
select
    {% for column in columns %}touches.{{ column }}{% if not loop.last %}, {% endif %}{% endfor %}
from with_neighbours as touches
where not (touches.path_transform = 'exposure' and touches.channel_before is not distinct from touches.channel)
    and not (touches.path_transform = 'unique' and touches.time_of_channel > 1)
{%- endmacro %}

{#- Touches with the channels of those before them on their path: `columns`, channel, channel_before_1 … channel_before_4 (the schema
    of `attribution_models` has the same 4). The nearest `back` of them are looked up, the rest are null, for each costs time. -#}
{% macro steps_of(relation, columns, path, sort_by, back) -%}
select
    touches.{{ columns | join(',\n    touches.') }},
    touches.channel,
    {%- for number in [1, 2, 3, 4] %}
    {%- set before = 'lag(touches.channel, ' ~ number ~ ') over path' if number <= back else 'cast(null as string)' %}
    {{ before }} as channel_before_{{ number }}{% if not loop.last %},{% endif %}
    {%- endfor %}
from {{ relation }} as touches
window path as (partition by touches.{{ path | join(', touches.') }} order by touches.{{ sort_by | join(', touches.') }})
{%- endmacro %}

{#- The state of a path at a touch: the last of `channels` (nearest first), as many as `markov_order` says and the path has. -#}
{% macro state_at(channels, markov_order) -%}
{%- for channel in channels[1:] | reverse -%}
case when {{ markov_order }} > {{ loop.revindex }} then coalesce({{ channel }} || ' > ', '') else '' end
|| {% endfor -%}
{{ channels[0] }}
{%- endmacro %}

{#- Whose path a touch stands on at a level where nobody converted: the account's where it has one, else the member's. -#}
{% macro path_owner(journey_level, touches) -%}
case {{ journey_level }}
    when 'account' then coalesce('account:' || {{ touches }}.account_id, {{ touches }}.member_id)
    else {{ touches }}.member_id
end
{%- endmacro %}
