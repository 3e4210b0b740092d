{{ config(severity='warn') }}
-- An imported kind that no definition names is treated as `imported`; the run says so.
select
    conversions.kind,
    count(*) as conversions
from {{ ref('fct_conversions') }} as conversions
left join {{ ref('stg_definitions__conversion_kinds') }} as kinds
    on conversions.kind = kinds.conversion_kind
where kinds.conversion_kind is null
group by conversions.kind
