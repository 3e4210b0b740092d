{{ definition_rows(
    'custom_weights',
    columns={
        'attribution_model': 'string',
        'kind': 'string',
        'team': 'string',
        'weight': 'decimal(12, 6)'
    },
    natural_key=['attribution_model', 'kind', 'team']
) }}
