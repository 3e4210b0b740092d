{#- Integer parts of the credit (DEFINITIONS D53, D54, D57) as running sums in closed form.

    C(x) is the sum of the parts of a journey's first x touches. With it no window runs over journey x model, which at
    five million touches and six models would sort thirty million rows. C(position) - C(position - 1) is the part of a
    touch, C(touches) the total.

    Relations in scope: `journeys` (position, decay_parts, decay_parts_through), `measured` (touches,
    last_non_direct_position, decay_parts_total, and the anchors' positions `first_at`, `lead_created_at_position`,
    `opportunity_at_position`, `last_at`, null when an anchor is missing or not part of the model; `*_is_own` = 1 when no
    earlier anchor of the list holds the same touch) and the model's shares. `x` is a whole-number expression. -#}
{#- Parts of an anchored model up to touch x: an anchor's part is m x its share, the part of each of the m touches
    without an anchor is rest_share; with m = 0 there is no rest and the shares stand alone. -#}
{% macro anchored_parts_through(x) -%}
{%- set anchors = ['first', 'lead_created', 'opportunity_created', 'last'] -%}
    (
        case when shares.unanchored_touches = 0 then 1 else shares.unanchored_touches end
        * (
            {%- for anchor in anchors %}
            {% if not loop.first %}+ {% endif %}case when shares.{{ anchor }}_position <= {{ x }} then shares.{{ anchor }}_share else 0 end
            {%- endfor %}
        )
        + case when shares.unanchored_touches = 0 then 0 else shares.rest_share end
        * (
            {{ x }}
            {%- for anchor in anchors %}
            - case when shares.{{ anchor }}_position <= {{ x }} then shares.{{ anchor }}_is_own else 0 end
            {%- endfor %}
        )
    )
{%- endmacro %}

{#- Parts up to touch x for every rule without a window; `shares.fired_rule` is the rule after the fallbacks. -#}
{% macro parts_through(x) -%}
    case shares.fired_rule
        when 'first' then least({{ x }}, 1)
        when 'last' then case when {{ x }} >= shares.touches then 1 else 0 end
        when 'all_direct' then case when {{ x }} >= shares.touches then 1 else 0 end
        when 'last_non_direct' then case when {{ x }} >= shares.last_non_direct_position then 1 else 0 end
        when 'linear' then {{ x }}
        when 'milestones_missing' then {{ x }}
        when 'anchored' then {{ anchored_parts_through(x) }}
    end
{%- endmacro %}

{#- Part of a touch under time decay: round(2^(-age / half-life) x 2^30), at least 1. Age and half-life in seconds.
    The only floating point of the ledger; it is rounded to a whole number here, before anything is summed. -#}
{% macro decay_part(age_seconds, half_life_days) -%}
    greatest(
        cast(1 as bigint),
        cast(round(power(2.0e0, 30.0e0 - {{ age_seconds }} / ({{ half_life_days }} * 86400.0e0))) as bigint)
    )
{%- endmacro %}
