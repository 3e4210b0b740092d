{{ definition_rows(
    'folk_claims',
    columns={
        'claim': 'string',
        'claimed_low': 'decimal(38, 9)',
        'claimed_high': 'decimal(38, 9)',
        'minimum_n': 'bigint'
    },
    natural_key=['claim']
) }}
