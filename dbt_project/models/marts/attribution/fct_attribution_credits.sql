{{ config(materialized='view') }}
-- Labels on the stored ledger. A view, because written out at 5 M touches it is 22 M rows of mostly repeated text, whose
-- columns cost more than the arithmetic (docs/attribution.md has the measurement of the stored part).
select
    {{ text_key(['revenue_rows.revenue_row_id', 'credits.attribution_model', 'conversions.journey_level', 'journeys.touch_id']) }} as credit_id,
    conversions.conversion_id,
    revenue_rows.revenue_row_id,
    revenue_rows.credited_on,
    revenue_rows.conversion_count,
    conversions.kind as conversion_kind,
    conversions.journey_level,
    conversions.level_asked,
    journeys.touch_id,
    credits.position as touch_position,
    credits.attribution_model,
    cast(cast(credits.weight_units as decimal(13, 0)) * cast('0.000000000001' as decimal(12, 12)) as decimal(13, 12)) as weight,
    credits.credited_minor,
    {{ build_fact('reporting_currency') }} as currency,
    conversions.converted_at,
    touches.occurred_at as touched_at,
    touches.channel,
    touches.campaign_id,
    touches.team,
    case when credits.position is null then 'unattributed' else credits.rule end as rule,
    case when credits.position is null then credits.rule end as unattributed_reason,
    coalesce(touches.source_record_key, conversions.source_record_key) as source_record_key,
    models.definition_version,
    {{ build_fact('build_id') }} as build_id
from {{ ref('int_credits_apportioned') }} as credits
inner join {{ ref('int_conversions_levelled') }} as conversions
    on credits.conversion_key = conversions.conversion_key
inner join {{ ref('int_revenue_rows') }} as revenue_rows
    on conversions.default_conversion_key = revenue_rows.conversion_key and credits.revenue_row_number = revenue_rows.revenue_row_number
inner join {{ ref('int_attribution_models_enabled') }} as models
    on credits.attribution_model = models.attribution_model
left join {{ ref('int_journeys') }} as journeys
    on credits.conversion_key = journeys.conversion_key
    and credits.window_key = journeys.window_key
    and credits.position = journeys.position
left join {{ ref('int_touches_channelled') }} as touches
    on journeys.touch_id = touches.touch_id
