-- Nulls come first in ascending and last in descending order; a merged record takes the first value by key that there is, and
-- a flag that one of its records has.
with records as (
    select 'a' as id, cast(null as string) as city, cast(2 as bigint) as rank, false as is_open, 'crm' as source_system, 'crm/x/1/1' as source_record_key
    union all
    select 'a', 'Perm', cast(null as bigint), cast(null as boolean), 'shop', 'shop/x/1/1'
    union all
    select 'a', 'Omsk', cast(1 as bigint), true, 'shop', 'shop/x/2/1'
),

merged as (
    {{ merge_records('records', 'id', ['city', 'rank'], any_of=['is_open']) }}
),

ordered as (
    select
        records.source_record_key,
        row_number() over (order by records.rank) as ascending,
        row_number() over (order by records.rank desc) as descending
    from records
),

found as (
    select
        merged.city || '/' || cast(merged.rank as string) || '/' || cast(merged.records as string) || '/' || merged.source_system || case when merged.is_open then ' open' else '' end
            as got,
        'Perm/2/3/crm open' as expected
    from merged
    union all
    select
        ordered.source_record_key || ' ' || cast(ordered.ascending as string) || ' ' || cast(ordered.descending as string),
        case ordered.source_record_key
            when 'shop/x/1/1' then 'shop/x/1/1 1 3'
            when 'shop/x/2/1' then 'shop/x/2/1 2 2'
            when 'crm/x/1/1' then 'crm/x/1/1 3 1'
        end
    from ordered
)

select
    found.got,
    found.expected
from found
where found.got is distinct from found.expected
