{{ definition_rows(
    'targets',
    columns={
        'kpi': 'string',
        'variant': 'string',
        'segment': 'string',
        'target_low': 'decimal(38, 9)',
        'target_high': 'decimal(38, 9)',
        'benchmark_low': 'decimal(38, 9)',
        'benchmark_high': 'decimal(38, 9)',
        'currency': 'string',
        'owner_team': 'string',
        'unit': 'string',
        'direction': 'string'
    },
    natural_key=['kpi', 'variant', 'segment', 'currency']
) }}
