{{ contract_union('decisions') }}
