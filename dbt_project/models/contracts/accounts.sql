{{ contract_union('accounts') }}
