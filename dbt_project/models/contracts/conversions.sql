{{ contract_union('conversions') }}
