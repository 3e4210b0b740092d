{{ merge_records(
    ref('owners'),
    'owner_id',
    [
        'owner_name',
        'team',
        'manager_owner_id',
        'region',
        'calendar',
        'is_human',
        'started_on',
        'ended_on'
    ]
) }}
