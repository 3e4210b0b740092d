-- Each kept item is at least the gap after the last one that was kept: 20 is too near 0, so 40 is kept and 60 is not.
with cases as (
    select 'nothing' as case_number, cast(null as bigint) as item, '' as expected
    union all
    select 'one', 7, '7 '
    union all
    select 'exactly the gap', 0, '0 30 '
    union all
    select 'exactly the gap', 30, '0 30 '
    union all
    select 'one short of it', 0, '0 '
    union all
    select 'one short of it', 29, '0 '
    union all
    select 'greedy', 60, '0 40 '
    union all
    select 'greedy', 20, '0 40 '
    union all
    select 'greedy', 0, '0 40 '
    union all
    select 'greedy', 40, '0 40 '
    union all
    select 'greedy', 40, '0 40 '
),

listed as (
    select
        cases.case_number,
        min(cases.expected) as expected,
        {{ ascending_list('cases.item') }} as items
    from cases
    where cases.item is not null
    group by cases.case_number
),

kept as (
    select
        listed.case_number,
        {{ spaced_items('listed.items', '30') }} as items
    from listed
),

apart as (
    select
        kept.case_number,
        elements.place,
        cast(elements.item as string) as item
    from kept
    {{ join_items('kept.items', 'elements') }}
),

again as (
    select
        apart.case_number,
        coalesce(max(case when apart.place = 0 then apart.item || ' ' end), '')
        || coalesce(max(case when apart.place = 1 then apart.item || ' ' end), '')
        || coalesce(max(case when apart.place > 1 then apart.item || ' ' end), '') as got
    from apart
    group by apart.case_number
),

expected as (
    select distinct
        cases.case_number,
        cases.expected
    from cases
)

select
    expected.case_number,
    again.got,
    expected.expected
from expected
left join again
    on expected.case_number = again.case_number
where coalesce(again.got, '') is distinct from expected.expected
union all
{{ wrong_cases([
    (unix_seconds("timestamp '1970-01-01 00:00:01'"), '1'),
    (unix_seconds("timestamp '2026-06-02 10:00:00'"), '1780394400'),
    (has_reached_bound('55', '110', '50', "'normalised100'"), 'true'),
    (has_reached_bound('54', '110', '50', "'normalised100'"), 'false'),
    (has_reached_bound('70', '110', '70', "'raw110'"), 'true'),
    (has_reached_bound('69', '110', '70', "'raw110'"), 'false'),
]) }}
