{{ definition_rows(
    'reporting_rhythm',
    columns={
        'event': 'string',
        'every': 'string',
        'owner_team': 'string',
        'position': 'bigint'
    },
    natural_key=['event']
) }}
