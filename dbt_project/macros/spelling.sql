{#- What stays of a text when case, spaces, punctuation, look-alike Cyrillic letters, ё and the Arabic forms of Persian
    letters are taken away: two texts with one such key are taken for two spellings of one thing. -#}
{% macro spelling_key(expression) -%}
    translate({{ lower_text(expression) }}, 'аеёорсухвкмнтكيى -_.,:;/()«»"', 'aeeopcyxbkmhtکیی')
{%- endmacro %}

{#- Text in lower case, alike on both engines: Java writes the Turkish İ as two characters and Σ at the end of a word as ς,
    DuckDB neither. -#}
{% macro lower_text(expression) -%}
    lower(replace(replace({{ expression }}, 'İ', 'i'), 'Σ', 'σ'))
{%- endmacro %}
