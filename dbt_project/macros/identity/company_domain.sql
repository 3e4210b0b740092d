{#- Domain of a company's site, however it is written (with a scheme, `www.`, a path or in capitals); null for a text without a dot. -#}
{% macro company_domain(expression) -%}
    {{ first_match(lower_text('trim(' ~ expression ~ ')'), '^(?:[a-z][a-z0-9+.-]*://)?(?:www\\.)?([^/?#:@ ]+\\.[^/?#:@ .]+)') }}
{%- endmacro %}
