{{ merge_records(
    ref('campaigns'),
    'campaign_id',
    [
        'campaign_name',
        'platform',
        'account_id',
        'started_on',
        'ended_on',
        'objective',
        'channel_label',
        'utm_source',
        'utm_medium',
        'utm_campaign',
        'utm_content',
        'utm_term',
        'referrer_domain',
        'click_id_kind'
    ]
) }}
