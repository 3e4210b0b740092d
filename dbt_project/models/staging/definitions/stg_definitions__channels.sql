{{ definition_rows(
    'channels',
    columns={
        'channel': 'string',
        'role': 'string',
        'team': 'string',
        'is_paid': 'boolean'
    },
    natural_key=['channel']
) }}
