{{ identified_union('leads', person_record="coalesce(told.person_id, 'lead:' || told.lead_id)") }}
