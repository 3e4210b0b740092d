{{ definition_rows(
    'reasons',
    columns={
        'source_system': 'string',
        'source_reason': 'string',
        'reason': 'string'
    },
    natural_key=['source_system', 'source_reason']
) }}
