{{ definition_rows(
    'yearly_goals',
    columns={
        'year': 'string',
        'kpi': 'string',
        'goal': 'decimal(38, 9)',
        'currency': 'string',
        'monthly_growth': 'decimal(38, 9)'
    },
    natural_key=['year', 'kpi']
) }}
