{{ contract_union('campaigns') }}
