{{ contract_union('costs') }}
