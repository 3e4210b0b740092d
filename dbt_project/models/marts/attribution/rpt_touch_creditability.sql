with by_source as (
    select
        touches.source_system,
        cast(count(*) as bigint) as touches,
        cast(sum(case when touches.is_creditable then 0 else 1 end) as bigint) as not_creditable_touches
    from {{ ref('int_touches_channelled') }} as touches
    group by touches.source_system
)

select
    by_source.source_system,
    by_source.touches,
    by_source.not_creditable_touches,
    {{ ratio('by_source.not_creditable_touches', 'by_source.touches') }} as not_creditable_share,
    2 * by_source.not_creditable_touches > by_source.touches as is_mostly_not_creditable,
    {{ build_fact('build_id') }} as build_id
from by_source
