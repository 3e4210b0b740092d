{{ contract_union('deals') }}
