{#- What a mart shows of the value behind a link: the first 8 digits of a token, which tell two values apart and give nobody the
    token to join by; client ids, domains and names of deciders whole. -#}
{% macro evidence_key(rule, evidence) -%}
    case when {{ rule }} in ('phone', 'email', 'messenger', 'tax_id') then substr({{ evidence }}, 1, 8) else {{ evidence }} end
{%- endmacro %}

{#- source/stream/pull of a source_record_key (source/stream/key/pull; a key may have slashes of its own). -#}
{% macro pull_of_record(source_record_key) -%}
    {{ first_match(source_record_key, '^([^/]*/[^/]*/)') }} || {{ first_match(source_record_key, '([^/]*)$') }}
{%- endmacro %}
