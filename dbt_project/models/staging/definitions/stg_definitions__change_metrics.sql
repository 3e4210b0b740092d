{{ definition_rows(
    'change_metrics',
    columns={
        'change_kind': 'string',
        'metric': 'string',
        'within_days': 'bigint',
        'within_minutes': 'bigint',
        'window_days': 'bigint'
    },
    natural_key=['change_kind', 'metric']
) }}
