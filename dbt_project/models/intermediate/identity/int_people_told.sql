{{ config(materialized='view') }}
{{ contract_union('people') }}
