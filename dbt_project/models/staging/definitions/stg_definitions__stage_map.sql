{{ definition_rows(
    'stage_map',
    columns={
        'source_system': 'string',
        'pipeline': 'string',
        'source_stage': 'string',
        'stage': 'string',
        'is_opportunity': 'boolean'
    },
    natural_key=['source_system', 'pipeline', 'source_stage']
) }}
