{{ contract_union('ad_performance_daily') }}
