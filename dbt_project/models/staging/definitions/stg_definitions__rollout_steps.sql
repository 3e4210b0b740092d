{{ definition_rows(
    'rollout_steps',
    columns={
        'step': 'string',
        'week': 'bigint',
        'evidence': 'string',
        'subject': 'string',
        'link': 'string',
        'done_on': 'date'
    },
    natural_key=['step']
) }}
