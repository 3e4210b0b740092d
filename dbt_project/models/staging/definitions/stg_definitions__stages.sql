{{ definition_rows(
    'stages',
    columns={
        'stage': 'string',
        'position': 'bigint',
        'is_main_chain': 'boolean',
        'owner_team': 'string',
        'key_output': 'string',
        'success_metric': 'string',
        'view_a': 'bigint',
        'view_b': 'bigint',
        'view_c': 'bigint'
    },
    natural_key=['stage']
) }}
