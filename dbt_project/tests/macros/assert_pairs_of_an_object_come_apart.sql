-- A flat JSON object of texts; two pairs of the first, none of the others.
with cases as (
    select 'two' as case_number, '{"Conversions_20002_LSC":"2","Conversions_20003_LSC":"--"}' as cell
    union all
    select 'none', '{}'
    union all
    select 'nothing', cast(null as string)
),

found as (
    select
        cases.case_number || ' ' || cast(pairs.place as string) as got,
        pairs.element
    from cases
    {{ join_json_pairs('cases.cell', 'pairs') }}
),

expected as (
    select 'two 0' as got, '"Conversions_20002_LSC":"2"' as element
    union all
    select 'two 1', '"Conversions_20003_LSC":"--"'
)

select
    coalesce(found.got, expected.got) as case_number,
    found.element as got,
    expected.element as expected
from found
full outer join expected
    on found.got = expected.got
where found.element is distinct from expected.element
