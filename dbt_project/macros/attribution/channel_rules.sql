{#- Channel of every row of `relation` by the channel rules in force: the matching rule with the lowest priority wins,
    a row without one gets channel `unknown` and no rule.

    relation: a CTE or relation with `row_key` and every column of `matchers` (absent ones as null).
    Returns row_key, channel, rule_id. Rules are tried once per distinct combination of the matched columns, because a
    million touches share a few thousand of them. Null and empty text are one value, case never matters. -#}
{% macro match_channel_rules(relation) -%}
{%- set matchers = [
    'source_system', 'kind', 'platform', 'channel_label', 'utm_source', 'utm_medium', 'utm_campaign', 'referrer_domain',
    'click_id_kind',
] -%}
with normalised as (
    select
        relation_rows.row_key
        {%- for matcher in matchers %},
        {{ lower_text("coalesce(relation_rows." ~ matcher ~ ", '')") }} as {{ matcher }}
        {%- endfor %}
    from {{ relation }} as relation_rows
),

signatures as (
    select
        {{ matchers | join(',\n        ') }}
    from normalised
    group by {{ matchers | join(', ') }}
),

matches as (
    select
        {%- for matcher in matchers %}
        signatures.{{ matcher }},
        {%- endfor %}
        rules.channel,
        rules.rule_id,
        row_number() over (
            partition by {% for matcher in matchers %}signatures.{{ matcher }}{% if not loop.last %}, {% endif %}{% endfor %}
            order by rules.priority, rules.rule_id
        ) as match_order
    from signatures
    inner join {{ ref('stg_definitions__channel_rules') }} as rules
        on {{ holds_on('rules', evaluation_date()) }}
        {%- for matcher in matchers %}
        and case
            when coalesce(rules.{{ matcher }}, '') = '' then true
            when rules.{{ matcher }} = '(empty)' then signatures.{{ matcher }} = ''
            else signatures.{{ matcher }} like {{ lower_text('rules.' ~ matcher) }}
        end
        {%- endfor %}
)

select
    normalised.row_key,
    cast(coalesce(matches.channel, 'unknown') as string) as channel,
    cast(matches.rule_id as string) as rule_id
from normalised
left join matches
    on matches.match_order = 1
    {%- for matcher in matchers %}
    and normalised.{{ matcher }} = matches.{{ matcher }}
    {%- endfor %}
{%- endmacro %}
