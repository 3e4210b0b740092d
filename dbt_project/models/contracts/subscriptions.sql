{{ contract_union('subscriptions') }}
