{{ definition_rows(
    'labels',
    columns={
        'key': 'string',
        'en': 'string',
        'ru': 'string',
        'fa': 'string'
    },
    natural_key=['key'],
    is_versioned=false
) }}
