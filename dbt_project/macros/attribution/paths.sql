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

{#- The channels of the touches before, as many as the order of the chain needs and at most 4 (the schema of `attribution_models`
    has the same number); a window `path` must be there. -#}
{% macro channels_before(channel, markov_order) -%}
{%- for back in range(1, 5) -%}
case when {{ markov_order }} >= {{ back }} then lag({{ channel }}, {{ back }}) over path end as channel_before_{{ back }}{% if not loop.last %},
{% endif %}
{%- endfor -%}
{%- endmacro %}

{#- How often each state of a path follows another, and how often a path ends after it.

    relation: attribution_model, markov_order, channel, channel_before_1 …, position, touches_of_path and the columns `grouped_by`.
    end: `conversion` or `null`. Returns attribution_model, `grouped_by`, from_state, to_state, to_channel (null for an end),
    transitions. Steps are counted before they are named: a million of them share a few thousand names. -#}
{% macro transitions_of(relation, grouped_by, end) -%}
{%- set grouping = 'steps.attribution_model, steps.' ~ (grouped_by | join(', steps.')) -%}
{%- set befores = ['steps.channel_before_4', 'steps.channel_before_3', 'steps.channel_before_2', 'steps.channel_before_1'] -%}
with counted as (
    select
        {{ grouping }},
        steps.markov_order,
        steps.channel,
        {{ befores | join(', ') }},
        steps.position = 1 as is_first,
        steps.position = steps.touches_of_path as is_last,
        count(*) as times
    from {{ relation }} as steps
    group by {{ grouping }}, steps.markov_order, steps.channel, {{ befores | join(', ') }},
        steps.position = 1, steps.position = steps.touches_of_path
),

named as (
    select
        {{ grouping }},
        steps.channel,
        steps.is_last,
        steps.times,
        {% for back in [3, 2, 1] -%}
        case when steps.markov_order > {{ back }} then coalesce(steps.channel_before_{{ back }} || ' > ', '') else '' end ||
        {% endfor -%}
        steps.channel as state,
        case
            when steps.is_first then '(start)'
            else coalesce(steps.channel_before_4 || ' > ', '') || coalesce(steps.channel_before_3 || ' > ', '')
                || coalesce(steps.channel_before_2 || ' > ', '') || steps.channel_before_1
        end as state_before
    from counted as steps
)

select
    {{ grouping }},
    case when ways.is_end then steps.state else steps.state_before end as from_state,
    case when ways.is_end then '({{ end }})' else steps.state end as to_state,
    case when not ways.is_end then steps.channel end as to_channel,
    cast(sum(steps.times) as bigint) as transitions
from named as steps
inner join (select true as is_end union all select false as is_end) as ways
    on steps.is_last or not ways.is_end
group by
    {{ grouping }},
    case when ways.is_end then steps.state else steps.state_before end,
    case when ways.is_end then '({{ end }})' else steps.state end,
    case when not ways.is_end then steps.channel end
{%- endmacro %}

{#- Whose path a touch stands on at a level where nobody converted: the account's where it has one, else the member's. -#}
{% macro path_owner(journey_level, touches) -%}
case {{ journey_level }}
    when 'account' then coalesce('account:' || {{ touches }}.account_id, {{ touches }}.member_id)
    else {{ touches }}.member_id
end
{%- endmacro %}
