{{ definition_rows(
    'owner_calendars',
    columns={
        'owner_id': 'string',
        'team': 'string',
        'region': 'string',
        'calendar': 'string'
    },
    natural_key=['owner_id', 'team', 'region']
) }}
