{{ definition_rows(
    'mql_rule',
    columns={
        'alternative': 'bigint',
        'field': 'string',
        'operator': 'string',
        'value': 'string',
        'is_hot_hand': 'boolean'
    },
    natural_key=['alternative', 'field']
) }}
