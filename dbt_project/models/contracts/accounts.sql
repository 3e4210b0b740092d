{{ identified_union('accounts', person_record=none, accounts=['account_id', 'parent_account_id']) }}
