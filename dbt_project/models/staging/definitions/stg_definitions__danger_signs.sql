{{ definition_rows(
    'danger_signs',
    columns={
        'sign': 'string',
        'position': 'bigint',
        'threshold': 'decimal(9, 6)'
    },
    natural_key=['sign']
) }}
