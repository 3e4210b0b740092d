-- C13: won, revived in one of three ways, still nurtured or lost; the revived are those that were won or revived.
select
    recycled.cohort_month,
    recycled.channel
from {{ ref('rpt_recycled_leads') }} as recycled
where recycled.returned_leads
    <> recycled.won + recycled.revived_open + recycled.revived_lost + recycled.revived_returned + recycled.nurtured + recycled.lost
    or recycled.revived <> recycled.won + recycled.revived_open + recycled.revived_lost + recycled.revived_returned
