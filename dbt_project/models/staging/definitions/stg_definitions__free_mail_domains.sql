{{ definition_rows(
    'free_mail_domains',
    columns={
        'domain': 'string'
    },
    natural_key=['domain']
) }}
