{{ identified_records('account') }}
