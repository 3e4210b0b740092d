-- Numbers of the feedback that the company may edit, typed, as they hold on the evaluation date; one row, for a scalar
-- subquery has no place in a join condition.
select
    cast({{ policy('review_sql_days') }} as bigint) as review_sql_days,
    cast({{ policy('review_minimum_n') }} as bigint) as review_minimum_n,
    cast({{ policy('review_stop_rate_share') }} as decimal(9, 6)) as review_stop_rate_share,
    cast({{ policy('review_stop_cost_multiple') }} as decimal(9, 6)) as review_stop_cost_multiple,
    cast({{ policy('review_reason_share') }} as decimal(9, 6)) as review_reason_share,
    cast({{ policy('review_decision_days') }} as bigint) as review_decision_days,
    cast({{ policy('review_effect_days') }} as bigint) as review_effect_days,
    cast({{ policy('standing_campaign_days') }} as bigint) as standing_campaign_days,
    cast({{ policy('change_minimum_n') }} as bigint) as change_minimum_n,
    cast({{ policy('danger_window_days') }} as bigint) as danger_window_days,
    cast({{ policy('danger_minimum_n') }} as bigint) as danger_minimum_n,
    cast({{ policy('danger_minimum_leads') }} as bigint) as danger_minimum_leads,
    build.evaluated_at,
    {{ local_date_in('build.time_zone', 'build.evaluated_at') }} as evaluated_on,
    build.reporting_currency,
    cast(policies.definition_version as string) as definition_version
from {{ ref('stg_build__build') }} as build
cross join (
    select max(rows_in_force.definition_version) as definition_version
    from {{ ref('stg_definitions__policies') }} as rows_in_force
) as policies
