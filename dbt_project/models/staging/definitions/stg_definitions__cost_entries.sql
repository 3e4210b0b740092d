{{ definition_rows(
    'costs',
    columns={
        'cost_id': 'string',
        'team': 'string',
        'category': 'string',
        'campaign_id': 'string',
        'channel': 'string',
        'started_on': 'date',
        'ended_on': 'date',
        'amount': 'decimal(24, 6)',
        'currency': 'string',
        'amount_vat': 'decimal(24, 6)'
    },
    natural_key=['cost_id']
) }}
