{{ config(materialized='view') }}
{{ contract_union('leads') }}
