{{ definition_rows(
    'calendar_exceptions',
    columns={
        'calendar': 'string',
        'date_on': 'date',
        'state': 'string',
        'opens': 'string',
        'closes': 'string'
    },
    natural_key=['calendar', 'date_on', 'opens']
) }}
