-- A touch stands once in the journey of a conversion, whatever links lead to it.
select
    journeys.conversion_key,
    journeys.window_key,
    journeys.touch_id,
    count(*) as times
from {{ ref('int_journeys') }} as journeys
group by journeys.conversion_key, journeys.window_key, journeys.touch_id
having count(*) > 1
