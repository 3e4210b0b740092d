{{ contract_union('call_reviews') }}
