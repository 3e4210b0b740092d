{{ contract_union('annotations') }}
