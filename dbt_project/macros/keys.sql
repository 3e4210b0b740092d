{#- Readable key of a composite grain: the parts as text joined by `|`, a null part as an empty text. -#}
{% macro text_key(columns) -%}
    {%- for column in columns -%}
    coalesce(cast({{ column }} as string), ''){% if not loop.last %} || '|' || {% endif %}
    {%- endfor -%}
{%- endmacro %}
