{{ definition_rows(
    'identity_rules',
    columns={
        'rule': 'string',
        'applies_to': 'string',
        'priority': 'bigint',
        'confidence': 'decimal(7, 6)',
        'max_degree': 'bigint',
        'is_enabled': 'boolean'
    },
    natural_key=['rule']
) }}
