select
    members.journey_owner_id,
    members.member_id,
    {{ build_fact('build_id') }} as build_id
from {{ ref('int_journey_members') }} as members
