{{ contract_union('stage_events') }}
