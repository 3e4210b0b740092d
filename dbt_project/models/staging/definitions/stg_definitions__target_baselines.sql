{{ definition_rows(
    'target_baselines',
    columns={
        'kpi': 'string',
        'variant': 'string',
        'segment': 'string',
        'baseline_on': 'date'
    },
    natural_key=['kpi', 'variant', 'segment']
) }}
