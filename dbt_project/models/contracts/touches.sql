{{ contract_union('touches') }}
