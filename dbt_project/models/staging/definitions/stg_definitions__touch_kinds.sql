{{ definition_rows(
    'touch_kinds',
    columns={
        'source_system': 'string',
        'kind': 'string',
        'team': 'string',
        'is_creditable': 'boolean',
        'needs_answer': 'boolean',
        'session_rank': 'bigint'
    },
    natural_key=['source_system', 'kind']
) }}
