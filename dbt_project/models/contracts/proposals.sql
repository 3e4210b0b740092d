{{ contract_union('proposals') }}
