{{ definition_rows('required_fields', columns={'field': 'string'}, natural_key=['field']) }}
