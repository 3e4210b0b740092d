with typed as (
    {{ definition_rows(
        'currencies',
        columns={'currency': 'string', 'exponent': 'bigint', 'alias_of': 'string', 'alias_factor': 'bigint'},
        natural_key=['currency'],
        is_versioned=false
    ) | indent(4) }}
)

select
    typed.currency,
    typed.exponent,
    typed.alias_of,
    typed.alias_factor,
    coalesce(typed.alias_of, typed.currency) as base_currency,
    -- minor units of the base currency in one unit of this currency (10 rial in a toman, 100 kopecks in a ruble)
    cast(
        coalesce(typed.alias_factor, 1)
        * case coalesce(base.exponent, typed.exponent) when 0 then 1 when 1 then 10 when 2 then 100 when 3 then 1000 when 4 then 10000 end
        as bigint
    ) as minor_per_unit,
    typed.row_number,
    typed.definition_version
from typed
left join typed as base
    on typed.alias_of = base.currency
