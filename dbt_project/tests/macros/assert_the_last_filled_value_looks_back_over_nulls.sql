-- In the order of n: nothing, nothing, 5, 5, 7; the row's own value is not seen, nor is that of another history.
with numbers as (
    select 1 as n, 'a' as history, cast(null as bigint) as value, cast(null as bigint) as expected
    union all
    select 2, 'a', 5, cast(null as bigint)
    union all
    select 3, 'a', cast(null as bigint), 5
    union all
    select 4, 'a', 7, 5
    union all
    select 5, 'a', 9, 7
    union all
    select 6, 'b', 1, cast(null as bigint)
),

looked_back as (
    select
        numbers.n,
        numbers.expected,
        {{ last_filled('numbers.value', 'partition by numbers.history order by numbers.n') }} as got
    from numbers
)

select looked_back.n
from looked_back
where looked_back.got is distinct from looked_back.expected
