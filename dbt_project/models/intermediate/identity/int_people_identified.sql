{{ identified_records('person') }}
