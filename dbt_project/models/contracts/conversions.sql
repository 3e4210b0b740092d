{{ identified_union('conversions') }}
