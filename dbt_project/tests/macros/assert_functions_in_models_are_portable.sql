-- Functions that models may call by themselves (tests/conventions): halves, nulls, signs and letters of two bytes.
with numbers as (
    select cast(1 as bigint) as n, 'b' as name
    union all
    select cast(4 as bigint), 'a'
    union all
    select cast(2 as bigint), cast(null as string)
    union all
    select cast(3 as bigint), 'c'
),

aggregated as (
    select
        cast(median(numbers.n) as string) || ' ' || cast(cast(sum(numbers.n) as bigint) as string) || ' ' || cast(count(numbers.name) as string)
        || ' ' || min(numbers.name) || max(numbers.name) || max_by(numbers.name, numbers.n) || min_by(numbers.name, numbers.n) as got
    from numbers
),

first_values as (
    select
        numbers.n,
        coalesce(first_value(numbers.name) over (partition by numbers.n % 2 order by numbers.n desc), '?') as got
    from numbers
)

select
    'first_value' as case_number,
    first_values.got,
    case first_values.n % 2 when 1 then 'c' else 'a' end as expected
from first_values
where first_values.got <> case first_values.n % 2 when 1 then 'c' else 'a' end
union all
select
    'aggregates' as case_number,
    aggregated.got,
    '2.5 10 3 acab' as expected
from aggregated
where aggregated.got is distinct from '2.5 10 3 acab'
union all
{{ wrong_cases([
    ("cast(round(2.5e0) as bigint)", '3'),
    ("cast(round(-2.5e0) as bigint)", '-3'),
    ("cast(round(3.5e0) as bigint)", '4'),
    ("round(cast('2.345' as decimal(9, 3)), 2)", '2.35'),
    ("cast(floor(cast('-1.5' as decimal(9, 1))) as bigint)", '-2'),
    ("abs(cast(-5 as bigint))", '5'),
    ("greatest(1, cast(null as int), 3)", '3'),
    ("least(1, cast(null as int), 3)", '1'),
    ("nullif('', '')", none),
    ("coalesce(cast(null as string), 'x')", 'x'),
    ("trim('  a b ')", 'a b'),
    ("replace('aXbX', 'X', '')", 'ab'),
    ("substr('ёлка', 2)", 'лка'),
    ("substr('ёлка', 5)", ''),
    ("length('ёлка')", '4'),
    ("'a' || cast(null as string)", none),
]) }}
