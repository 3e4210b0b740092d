{{ definition_rows(
    'review_days',
    columns={
        'review_day': 'bigint',
        'window_days': 'bigint',
        'makes_proposal': 'boolean'
    },
    natural_key=['review_day']
) }}
