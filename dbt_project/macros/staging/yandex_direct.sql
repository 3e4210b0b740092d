{#- A tag with those of Direct's placeholders filled in that are known beforehand; null when another one is left, because the
    vendor fills it in at each click. Column names are of one ad of `relation`. -#}
{% macro direct_placeholders_resolved(tag, relation) -%}
    {%- set known = {
        '{campaign_id}': 'campaign_id', '{campaign_name}': 'campaign_name', '{gbid}': 'ad_group_id', '{ad_id}': 'ad_id',
        '{banner_id}': 'ad_id',
    } -%}
    {%- set filled = namespace(sql=tag) -%}
    {%- for placeholder, column in known.items() -%}
        {%- set filled.sql = 'replace(' ~ filled.sql ~ ", '" ~ placeholder ~ "', coalesce(" ~ relation ~ '.' ~ column ~ ", '" ~ placeholder ~ "'))" -%}
    {%- endfor -%}
    case when {{ filled.sql }} not like '%' || '{' || '%' then {{ filled.sql }} end
{%- endmacro %}

{#- Attribution model in the name of a goal's column, `Conversions_<goal>_<model>`: of a pair of the object of conversions, or of
    the whole object that of its first pair. Null for the plain column `Conversions`. -#}
{% macro direct_attribution_model(pairs) -%}
    {{ first_match(pairs, '^[{]?"Conversions_[0-9]+_([^"]*)"') }}
{%- endmacro %}

{#- Conversions in such a pair; null for the vendor's missing value. -#}
{% macro direct_conversions(pair) -%}
    cast({{ direct_value(first_match(pair, ':"([^"]*)"')) }} as decimal(28, 9))
{%- endmacro %}

{#- A value of a report, null where the vendor has none. -#}
{% macro direct_value(expression) -%}
    nullif({{ expression }}, '--')
{%- endmacro %}
