-- Opening + expansion - contraction - churn is what the customers of a year ago are worth now, and no part is negative.
select retained.month_starts_on
from {{ ref('int_revenue_retained') }} as retained
where retained.opening_minor < 0
    or retained.expansion_minor < 0
    or retained.contraction_minor < 0
    or retained.churn_minor < 0
    or retained.customers_lost > retained.customers_at_opening
