{{ definition_rows(
    'matrix_bands',
    columns={
        'scale': 'string',
        'band': 'string',
        'lower_bound': 'decimal(38, 9)',
        'handover_type': 'string'
    },
    natural_key=['scale', 'band']
) }}
