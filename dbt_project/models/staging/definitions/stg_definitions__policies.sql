{{ definition_rows(
    'policies',
    columns={
        'name': 'string',
        'value': 'string'
    },
    natural_key=['name']
) }}
