{{ definition_rows(
    'answer_map',
    columns={
        'source_system': 'string',
        'field': 'string',
        'field_value': 'string',
        'criterion': 'string',
        'level': 'string'
    },
    natural_key=['source_system', 'field', 'field_value']
) }}
