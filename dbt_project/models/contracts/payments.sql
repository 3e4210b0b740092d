{{ contract_union('payments') }}
