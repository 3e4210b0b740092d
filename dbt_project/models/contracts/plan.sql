{{ contract_union('plan') }}
