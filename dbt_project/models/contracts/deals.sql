{{ identified_union('deals') }}
