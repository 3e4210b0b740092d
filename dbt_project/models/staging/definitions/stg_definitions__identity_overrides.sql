{{ definition_rows(
    'identity_overrides',
    columns={
        'applies_to': 'string',
        'record_id': 'string',
        'other_record_id': 'string',
        'decision': 'string',
        'author': 'string',
        'note': 'string'
    },
    natural_key=['applies_to', 'record_id', 'other_record_id']
) }}
