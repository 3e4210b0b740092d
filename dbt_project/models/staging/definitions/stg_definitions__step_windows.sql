{{ definition_rows(
    'step_windows',
    columns={
        'from_stage': 'string',
        'to_stage': 'string',
        'cohort_basis': 'string',
        'window_days': 'bigint'
    },
    natural_key=['from_stage', 'to_stage', 'cohort_basis']
) }}
