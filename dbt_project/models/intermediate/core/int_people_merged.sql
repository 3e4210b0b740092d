{{ merge_records(
    ref('people'),
    'person_id',
    [
        'account_id',
        'owner_id',
        'job_title',
        'is_decision_maker',
        'phone_token',
        'has_valid_phone',
        'email_token',
        'has_valid_email',
        'messenger_token',
        'has_messenger',
        'client_id',
        'country',
        'created_at'
    ]
) }}
