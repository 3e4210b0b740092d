{{ definition_rows(
    'conversion_kinds',
    columns={
        'conversion_kind': 'string',
        'journey_level': 'string',
        'carries_revenue': 'boolean',
        'is_attributed': 'boolean'
    },
    natural_key=['conversion_kind']
) }}
