{{ config(materialized='connected_components') }}
select
    links.record_key as node,
    links.other_record_key as other_node
from {{ ref('int_identity_links') }} as links
where not links.is_cut
