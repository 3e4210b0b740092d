{{ contract_union('leads') }}
