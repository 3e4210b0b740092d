{{ definition_rows(
    'fx_rates',
    columns={
        'date_on': 'date',
        'currency': 'string',
        'reporting_currency': 'string',
        'rate': 'decimal(28, 12)'
    },
    natural_key=['date_on', 'currency', 'reporting_currency']
) }}
