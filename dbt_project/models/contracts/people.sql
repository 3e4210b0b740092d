{{ contract_union('people') }}
