{{ contract_union('disputes') }}
