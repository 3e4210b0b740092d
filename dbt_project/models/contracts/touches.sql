{{ identified_union('touches') }}
