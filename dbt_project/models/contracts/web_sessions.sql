{{ contract_union('web_sessions') }}
