{{ definition_rows(
    'conversion_levels',
    columns={
        'conversion_kind': 'string',
        'journey_level': 'string',
        'is_stored': 'boolean'
    },
    natural_key=['conversion_kind', 'journey_level']
) }}
