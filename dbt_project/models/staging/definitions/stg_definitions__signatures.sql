{{ definition_rows(
    'signatures',
    columns={
        'definition': 'string',
        'version_on': 'date',
        'fingerprint': 'string',
        'team': 'string',
        'name': 'string',
        'signed_on': 'date'
    },
    natural_key=['definition', 'team', 'version_on', 'signed_on'],
    is_versioned=false
) }}
