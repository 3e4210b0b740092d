{{ definition_rows(
    'channel_rules',
    columns={
        'rule_id': 'string',
        'priority': 'bigint',
        'source_system': 'string',
        'kind': 'string',
        'platform': 'string',
        'channel_label': 'string',
        'utm_source': 'string',
        'utm_medium': 'string',
        'utm_campaign': 'string',
        'referrer_domain': 'string',
        'click_id_kind': 'string',
        'channel': 'string'
    },
    natural_key=['rule_id']
) }}
