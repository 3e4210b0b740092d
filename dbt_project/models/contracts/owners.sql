{{ contract_union('owners') }}
