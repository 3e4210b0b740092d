{{ contract_union('assignments') }}
