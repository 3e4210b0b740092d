{{ definition_rows(
    'matrix_gates',
    columns={
        'criterion': 'string',
        'min_points': 'bigint'
    },
    natural_key=['criterion']
) }}
