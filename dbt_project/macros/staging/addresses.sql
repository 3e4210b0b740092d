{#- Host of an address in lower case, without a leading `www.`; null for a text without a scheme. -#}
{% macro host_of(address) -%}
    {{ first_match(lower_text(address), '^[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?(?:www\\.)?([^/?#:]+)') }}
{%- endmacro %}

{#- Address without its query and fragment. -#}
{% macro without_query(address) -%}
    {{ first_match(address, '^([^?#]*)') }}
{%- endmacro %}

{#- Value of a parameter in the query of an address, percent-decoded; null where it is absent or empty. What cannot be decoded
    (another encoding than UTF-8, a bare `%`) stays as it is written. -#}
{% macro query_value(address, name) -%}
    {%- set written = first_match(address, '[?&]' ~ name ~ '=([^&#]*)') -%}
    {%- set decoded = percent_decoded(written) -%}
    case when {{ decoded }} is null or {{ decoded }} like '%�%' then {{ written }} else {{ decoded }} end
{%- endmacro %}

{#- The first group of a regular expression in a text; null where it finds nothing. The pattern has no quotation mark. -#}
{% macro first_match(expression, pattern) -%}
    {{ return(adapter.dispatch('first_match')(expression, "'" ~ pattern ~ "'")) }}
{%- endmacro %}

{% macro duckdb__first_match(expression, pattern) -%}
    nullif(regexp_extract({{ expression }}, {{ pattern }}, 1), '')
{%- endmacro %}

{% macro default__first_match(expression, pattern) -%}
    nullif(regexp_extract({{ expression }}, r{{ pattern }}, 1), '')
{%- endmacro %}

{#- Text with its percent escapes and plus signs decoded as UTF-8; null, or with U+FFFD in it, where it cannot be. -#}
{% macro percent_decoded(expression) -%}
    {{ return(adapter.dispatch('percent_decoded')(expression)) }}
{%- endmacro %}

{#- DuckDB leaves what is no escape as it is, where Java refuses the whole text. -#}
{% macro duckdb__percent_decoded(expression) -%}
    case
        when regexp_full_match({{ expression }}, '(?:[^%]|%[0-9A-Fa-f]{2})*') then try(url_decode(replace({{ expression }}, '+', ' ')))
    end
{%- endmacro %}

{% macro default__percent_decoded(expression) -%}
    try_url_decode({{ expression }})
{%- endmacro %}
