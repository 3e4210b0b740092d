-- Snapshots that are due and not frozen yet, with the proposal of the day that makes one (D70, first that fits): `wait` below
-- the smallest n or without a reference, `stop` far below the reference and dear, `fix` below it otherwise or when one reason
-- holds the refusals, else `keep`. Cost per SQL is compared by cross products: without any SQL it is above every price.
{%- set reasons = ['no_budget', 'not_icp', 'too_early', 'competitor', 'unreachable', 'duplicate', 'bad_data', 'other'] %}
{%- set multiple = 'cast(rules.review_stop_cost_multiple * 1000000 as bigint)' %}

with rated as (
    select
        counted.*,
        {{ wilson_bound('counted.sql_in_time', 'counted.exposed', '+') }} as rate_high,
        {{ ratio('counted.reference_sql_in_time', 'counted.reference_exposed') }} as reference_rate,
        greatest(
            {%- for reason in reasons %}
            counted.refused_{{ reason }}{% if not loop.last %},{% endif %}
            {%- endfor %}
        ) as most_refused
    from {{ ref('int_campaign_snapshots_counted') }} as counted
),

judged as (
    select
        rated.*,
        rated.exposed < rules.review_minimum_n as is_too_small,
        rated.reference_exposed = 0 as is_without_reference,
        rated.rate_high < cast(rules.review_stop_rate_share * cast(rated.reference_rate as decimal(12, 9)) as decimal(38, 9))
            as is_far_below,
        rated.rate_high < rated.reference_rate as is_below,
        coalesce(
            rated.reference_sql_with_cost > 0
            and {{ wide_product(wide_product('rated.cost_minor', 'rated.reference_sql_with_cost'), '1000000') }}
                > {{ wide_product(wide_product('rated.reference_cost_minor', 'rated.sql_in_time'), multiple) }},
            false
        ) as is_dear,
        case
            when rated.most_refused > 0
                and rated.most_refused * 1000000 >= rated.refused * cast(rules.review_reason_share * 1000000 as bigint)
                then case
                    {%- for reason in reasons %}
                    when rated.refused_{{ reason }} = rated.most_refused then '{{ reason }}'
                    {%- endfor %}
                end
        end as leading_reason,
        rated.definition_version || ' ' || coalesce(rules.definition_version, '') as definitions
    from rated
    cross join {{ ref('int_feedback_rules') }} as rules
),

proposed as (
    select
        judged.*,
        case
            when judged.is_too_small then 'too_few_leads'
            when judged.is_without_reference then 'no_reference'
            when judged.is_far_below and judged.is_dear then 'far_below_and_dear'
            when judged.is_below then 'below_reference'
            when judged.leading_reason is not null then 'one_reason'
            else 'not_below_reference'
        end as proposed_because
    from judged
)

select
    proposed.campaign_id,
    proposed.begins_on,
    proposed.review_day,
    proposed.snapshot_on,
    proposed.window_days,
    proposed.known_on,
    proposed.is_reconstructed,
    proposed.leads,
    proposed.quality_leads,
    proposed.quality_known,
    proposed.mql,
    proposed.sql,
    proposed.proposals,
    proposed.won,
    proposed.exposed,
    proposed.sql_in_time,
    proposed.sql_days,
    proposed.refused,
    {%- for reason in reasons %}
    proposed.refused_{{ reason }},
    {%- endfor %}
    proposed.refused_without_reason,
    proposed.cost_minor,
    proposed.currency,
    proposed.reference_leads,
    proposed.reference_exposed,
    proposed.reference_sql_in_time,
    proposed.reference_cost_minor,
    proposed.reference_sql_with_cost,
    cast(
        case
            when proposed.makes_proposal then case proposed.proposed_because
                when 'too_few_leads' then 'wait'
                when 'no_reference' then 'wait'
                when 'far_below_and_dear' then 'stop'
                when 'below_reference' then 'fix'
                when 'one_reason' then 'fix'
                else 'keep'
            end
        end as string
    ) as proposal,
    cast(case when proposed.makes_proposal then proposed.proposed_because end as string) as proposal_reason,
    cast(proposed.leading_reason as string) as leading_reason,
    cast(proposed.definitions as string) as definition_version
from proposed
