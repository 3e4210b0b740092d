{{ merge_records(
    ref('accounts'),
    'account_id',
    [
        'account_name',
        'parent_account_id',
        'owner_id',
        'industry',
        'segment',
        'region',
        'country',
        'employees',
        'annual_revenue_minor',
        'currency',
        'observed_sales_minor',
        'observed_orders',
        'is_in_icp',
        'domain',
        'tax_id_token',
        'created_at'
    ]
) }}
