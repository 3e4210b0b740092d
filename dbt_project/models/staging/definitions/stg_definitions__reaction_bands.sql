{{ definition_rows(
    'reaction_bands',
    columns={
        'reaction_band': 'string',
        'position': 'bigint',
        'upper_minutes': 'bigint'
    },
    natural_key=['reaction_band']
) }}
