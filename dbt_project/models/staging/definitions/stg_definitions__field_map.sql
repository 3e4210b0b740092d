{{ definition_rows(
    'field_map',
    columns={
        'source_system': 'string',
        'object': 'string',
        'field': 'string',
        'column_name': 'string',
        'field_value': 'string',
        'value': 'string'
    },
    natural_key=['source_system', 'object', 'field', 'column_name', 'field_value']
) }}
