{#- What stays of a text when case, spaces, punctuation, look-alike Cyrillic letters, ё and the Arabic forms of Persian
    letters are taken away: two texts with one such key are taken for two spellings of one thing. -#}
{% macro spelling_key(expression) -%}
    translate(lower({{ expression }}), 'аеёорсухвкмнтكيى -_.,:;/()«»"', 'aeeopcyxbkmhtکیی')
{%- endmacro %}
