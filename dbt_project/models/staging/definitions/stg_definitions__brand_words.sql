{{ definition_rows(
    'brand_words',
    columns={
        'word': 'string'
    },
    natural_key=['word']
) }}
