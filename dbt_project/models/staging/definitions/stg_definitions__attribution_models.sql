{{ definition_rows(
    'attribution_models',
    columns={
        'attribution_model': 'string',
        'rule': 'string',
        'first_share': 'bigint',
        'lead_created_share': 'bigint',
        'opportunity_created_share': 'bigint',
        'last_share': 'bigint',
        'rest_share': 'bigint',
        'half_life_days': 'bigint',
        'lookback_days': 'bigint',
        'is_enabled': 'boolean',
        'markov_order': 'bigint',
        'path_transform': 'string',
        'drops_direct': 'boolean'
    },
    natural_key=['attribution_model']
) }}
