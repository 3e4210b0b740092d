{{ identified_union('subscriptions') }}
