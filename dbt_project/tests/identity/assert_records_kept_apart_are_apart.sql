{{ config(severity='warn') }}
-- A decision cuts the values that two records share. Where a third record still joins them, somebody has to decide about that one too.
select
    overrides.applies_to,
    overrides.record_id,
    overrides.other_record_id
from {{ ref('stg_definitions__identity_overrides') }} as overrides
inner join {{ ref('int_identity_records') }} as records
    on overrides.applies_to = records.applies_to and overrides.record_id = records.record_id
inner join {{ ref('int_identity_records') }} as other_records
    on overrides.applies_to = other_records.applies_to and overrides.other_record_id = other_records.record_id
left join {{ ref('int_identity_components') }} as components
    on records.record_key = components.node
left join {{ ref('int_identity_components') }} as other_components
    on other_records.record_key = other_components.node
where overrides.decision = 'keep_apart' and {{ holds_on('overrides', evaluation_date()) }}
    and coalesce(components.component, records.record_key) = coalesce(other_components.component, other_records.record_key)
