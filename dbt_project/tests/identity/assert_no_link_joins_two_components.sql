-- Components are whole: both records of a link that is not cut are in one.
select
    links.record_key,
    links.other_record_key
from {{ ref('int_identity_links') }} as links
left join {{ ref('int_identity_components') }} as components
    on links.record_key = components.node
left join {{ ref('int_identity_components') }} as other_components
    on links.other_record_key = other_components.node
where not links.is_cut
    and coalesce(components.component, links.record_key) <> coalesce(other_components.component, links.other_record_key)
