{{ identified_union('people') }}
