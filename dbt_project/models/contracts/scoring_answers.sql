{{ contract_union('scoring_answers') }}
