{{ definition_rows(
    'calendars',
    columns={
        'calendar': 'string',
        'kind': 'string',
        'zone': 'string',
        'weekday': 'bigint',
        'opens': 'string',
        'closes': 'string'
    },
    natural_key=['calendar', 'weekday', 'opens']
) }}
