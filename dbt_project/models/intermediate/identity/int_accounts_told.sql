{{ config(materialized='view') }}
{{ contract_union('accounts') }}
