{{ definition_rows(
    'sla_clocks',
    columns={
        'clock': 'string',
        'segment': 'string',
        'start_event': 'string',
        'stop_events': 'string',
        'target_minutes': 'bigint',
        'limit_minutes': 'bigint',
        'calendar_kind': 'string',
        'is_applicable': 'boolean'
    },
    natural_key=['clock', 'segment']
) }}
