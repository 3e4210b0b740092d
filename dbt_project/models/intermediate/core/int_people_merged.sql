{{ merge_records(
    ref('people'),
    'person_id',
    [
        'account_id',
        'owner_id',
        'job_title',
        'is_decision_maker',
        'phone_token',
        'email_token',
        'messenger_token',
        'client_id',
        'country',
        'created_at'
    ],
    any_of=['has_valid_phone', 'has_valid_email', 'has_messenger']
) }}
