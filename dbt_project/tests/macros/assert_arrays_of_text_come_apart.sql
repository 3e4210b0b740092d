-- ClickHouse's text form: numbers, quoted texts with commas and escapes in them, a cell that was escaped once more. `·` joins
-- the elements of a case, so that an empty element can be seen. chr(92) is a backslash, chr(39) a quotation mark.
{%- set q, b, tab, line = 'chr(39)', 'chr(92)', 'chr(9)', 'chr(10)' %}
with cases as (
    select 'numbers' as case_number, '[20002,20003]' as cell, '20002·20003·' as expected
    union all
    select 'spaces', '[1, 2]', '1·2·'
    union all
    select 'empty', '[]', ''
    union all
    select 'nothing', cast(null as string), ''
    union all
    select 'texts', '[' || {{ q }} || 'a' || {{ q }} || ',' || {{ q }} || 'b' || {{ q }} || ']', 'a·b·'
    union all
    select 'empty text', '[' || {{ q }} || {{ q }} || ',' || {{ q }} || 'b' || {{ q }} || ']', '·b·'
    union all
    select 'comma and bracket', '[' || {{ q }} || 'a,[b]' || {{ q }} || ',' || {{ q }} || 'c' || {{ q }} || ']', 'a,[b]·c·'
    union all
    select 'escaped quote', '[' || {{ q }} || 'a' || {{ b }} || {{ q }} || ',b' || {{ q }} || ']', 'a' || {{ q }} || ',b·'
    union all
    select 'escaped backslash', '[' || {{ q }} || 'a' || {{ b }} || {{ b }} || 'n' || {{ q }} || ',' || {{ q }} || 'b' || {{ q }} || ']', 'a' || {{ b }} || 'n·b·'
    union all
    select 'tab and line', '[' || {{ q }} || 'a' || {{ b }} || 't' || {{ b }} || 'n' || {{ q }} || ']', 'a' || {{ tab }} || {{ line }} || '·'
    union all
    select
        'escaped once more',
        '[' || {{ b }} || {{ q }} || 'a' || {{ b }} || {{ q }} || ',' || {{ b }} || {{ q }} || 'b' || {{ b }} || {{ b }} || {{ b }} || {{ q }} || 'c' || {{ b }} || {{ q }} || ']',
        'a·b' || {{ q }} || 'c·'
),

apart as (
    select
        cases.case_number,
        elements.place,
        {{ element_text('elements.element') }} as element
    from cases
    {{ join_elements('cases.cell', 'elements') }}
),

again as (
    select
        cases.case_number,
        coalesce(max(case when apart.place = 0 then apart.element || '·' end), '')
        || coalesce(max(case when apart.place = 1 then apart.element || '·' end), '')
        || coalesce(max(case when apart.place > 1 then apart.element || '·' end), '') as got
    from cases
    left join apart
        on cases.case_number = apart.case_number
    group by cases.case_number
)

select
    cases.case_number,
    again.got,
    cases.expected
from cases
inner join again
    on cases.case_number = again.case_number
where again.got is distinct from cases.expected
union all
-- the parallel array is shorter, as long, empty, null
{{ wrong_cases([
    (element_at("'[1,2]'", '0'), '1'),
    (element_at("'[1,2]'", '1'), '2'),
    (element_at("'[1,2]'", '2'), none),
    (element_at("'[]'", '0'), none),
    (element_at("cast(null as string)", '0'), none),
]) }}
