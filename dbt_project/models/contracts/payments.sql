{{ identified_union('payments') }}
