{{ definition_rows(
    'matrix',
    columns={
        'criterion': 'string',
        'criterion_position': 'bigint',
        'level': 'string',
        'points': 'bigint',
        'question': 'string'
    },
    natural_key=['criterion', 'level']
) }}
