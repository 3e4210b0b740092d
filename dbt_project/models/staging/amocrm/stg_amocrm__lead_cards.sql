-- A table, because several models read it.
{{ config(materialized='table') }}

-- Newest version of every lead that is still there.
with versions as (
    {{ newest_versions('amocrm', 'leads') | indent(4) }}
)

select versions.*
from versions
left join {{ ref('stg_amocrm__objects_gone') }} as gone
    on versions.account = gone.account and versions.id = gone.id and gone.object = 'lead'
where gone.id is null and coalesce(versions.is_deleted, 'false') <> 'true'
