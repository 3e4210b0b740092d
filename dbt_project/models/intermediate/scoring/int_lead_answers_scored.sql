{{ answers_scored(ref('int_lead_moments_dated'), key=['lead_id', 'moment']) }}
