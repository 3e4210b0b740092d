{{ definition_rows(
    'campaign_alarms',
    columns={
        'metric': 'string',
        'age_days': 'bigint',
        'window_days': 'bigint',
        'minimum_leads': 'bigint',
        'rate_share': 'decimal(9, 6)'
    },
    natural_key=['metric']
) }}
