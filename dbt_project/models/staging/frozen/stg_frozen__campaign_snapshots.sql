{%- set counts = [
    'window_days', 'leads', 'quality_leads', 'quality_known', 'mql', 'sql', 'proposals', 'won', 'exposed', 'sql_in_time',
    'sql_days', 'refused', 'refused_no_budget', 'refused_not_icp', 'refused_too_early', 'refused_competitor',
    'refused_unreachable', 'refused_duplicate', 'refused_bad_data', 'refused_other', 'refused_without_reason', 'cost_minor',
    'reference_leads', 'reference_exposed', 'reference_sql_in_time', 'reference_cost_minor', 'reference_sql_with_cost'
] -%}
select
    cast(campaign_id as string) as campaign_id,
    cast(begins_on as date) as begins_on,
    cast(review_day as bigint) as review_day,
    cast(snapshot_on as date) as snapshot_on,
    cast(known_on as date) as known_on,
    cast(is_reconstructed as boolean) as is_reconstructed,
    {%- for count in counts %}
    cast({{ count }} as bigint) as {{ count }},
    {%- endfor %}
    cast(currency as string) as currency,
    cast(proposal as string) as proposal,
    cast(proposal_reason as string) as proposal_reason,
    cast(leading_reason as string) as leading_reason,
    cast(definition_version as string) as definition_version
from {{ source('raw_frozen', 'campaign_snapshots') }}
