{{ definition_rows(
    'handover_rules',
    columns={
        'source_system': 'string',
        'pipeline': 'string',
        'trigger': 'string',
        'value': 'string',
        'event': 'string'
    },
    natural_key=['source_system', 'pipeline', 'trigger', 'value', 'event']
) }}
