{{ definition_rows(
    'platform_windows',
    columns={
        'platform': 'string',
        'conversion_kind': 'string',
        'claim_window_days': 'bigint',
        'dated_by': 'string'
    },
    natural_key=['platform', 'conversion_kind']
) }}
