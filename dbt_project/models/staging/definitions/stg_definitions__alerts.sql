{{ definition_rows(
    'alerts',
    columns={
        'alert': 'string',
        'subject': 'string',
        'route': 'string',
        'threshold': 'bigint',
        'repeat_hours': 'bigint',
        'severity': 'string',
        'is_enabled': 'boolean'
    },
    natural_key=['alert', 'subject', 'route']
) }}
