-- Every row of every versioned definition: when it was recorded, who answers for it, and whether it changed an earlier one.
{%- set files = [
    'stages', 'stage_map', 'mql_rule', 'matrix', 'matrix_bands', 'matrix_gates', 'channels', 'touch_kinds', 'channel_rules',
    'attribution_models', 'conversion_kinds', 'policies', 'targets', 'step_windows', 'calendars', 'calendar_exceptions',
    'fx_rates', 'reasons', 'field_map', 'answer_map', 'handover_rules', 'review_days', 'change_metrics', 'danger_signs',
    'campaign_alarms', 'rollout_steps', 'target_baselines', 'brand_words', 'yearly_goals', 'folk_claims'
] %}
{%- for file in files %}
select
    '{{ file }}' as definition,
    definitions.row_number,
    definitions.valid_from,
    definitions.recorded_on,
    definitions.applies_from = definitions.valid_from as is_change,
    definitions.marketing_owner,
    definitions.sales_owner,
    definitions.definition_version
from {{ ref('stg_definitions__' ~ file) }} as definitions
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
