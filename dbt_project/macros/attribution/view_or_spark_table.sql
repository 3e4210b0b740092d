{#- How a wide step that one model reads several times is kept: DuckDB plans a view for each reader in no time, Spark plans every
    copy of it anew (the ledger over the parts of ten models: 25 s). -#}
{% macro view_or_spark_table() -%}
    {{ return(adapter.dispatch('view_or_spark_table')()) }}
{%- endmacro %}

{% macro duckdb__view_or_spark_table() %}{{ return('view') }}{% endmacro %}

{% macro default__view_or_spark_table() %}{{ return('table') }}{% endmacro %}
