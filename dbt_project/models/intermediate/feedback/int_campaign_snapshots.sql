-- Snapshots as they were frozen, and those that this build is the first to see, which its run freezes.
{%- set columns = [
    'campaign_id', 'begins_on', 'review_day', 'snapshot_on', 'window_days', 'known_on', 'is_reconstructed', 'leads',
    'quality_leads', 'quality_known', 'mql', 'sql', 'proposals', 'won', 'exposed', 'sql_in_time', 'sql_days', 'refused',
    'refused_no_budget', 'refused_not_icp', 'refused_too_early', 'refused_competitor', 'refused_unreachable',
    'refused_duplicate', 'refused_bad_data', 'refused_other', 'refused_without_reason', 'cost_minor', 'currency',
    'reference_leads', 'reference_exposed', 'reference_sql_in_time', 'reference_cost_minor', 'reference_sql_with_cost',
    'proposal', 'proposal_reason', 'leading_reason', 'definition_version'
] %}
select
    {%- for column in columns %}
    frozen.{{ column }}{% if not loop.last %},{% endif %}
    {%- endfor %}
from {{ ref('stg_frozen__campaign_snapshots') }} as frozen
union all
select
    {%- for column in columns %}
    due.{{ column }}{% if not loop.last %},{% endif %}
    {%- endfor %}
from {{ ref('int_campaign_snapshots_due') }} as due
