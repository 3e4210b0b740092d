select
    touched.lead_id,
    touched.moment,
    touched.channel,
    touched.touches,
    touched.visits,
    touched.sales_touches,
    touched.first_touch_at,
    touched.last_touch_at,
    {{ build_fact('build_id') }} as build_id
from {{ ref('int_lead_channels_touched') }} as touched
