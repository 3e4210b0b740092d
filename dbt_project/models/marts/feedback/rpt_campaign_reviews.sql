{%- set reasons = ['no_budget', 'not_icp', 'too_early', 'competitor', 'unreachable', 'duplicate', 'bad_data', 'other'] %}

-- The decision of a review is the first on its campaign from the review's day on, within the days that the teams have for it.
with decided as (
    select
        snapshots.campaign_id,
        snapshots.begins_on,
        snapshots.review_day,
        decisions.decision_id,
        decisions.decision,
        effects.decided_on,
        decisions.owner_id as decision_owner_id,
        decisions.note as decision_note,
        effects.effect,
        effects.effect_low,
        effects.effect_high,
        effects.before_n,
        effects.after_n,
        effects.effect_verdict,
        effects.effect_missing_reason,
        row_number() over (
            partition by snapshots.campaign_id, snapshots.begins_on, snapshots.review_day
            order by decisions.decided_at, decisions.decision_id
        ) as turn
    from {{ ref('int_campaign_snapshots') }} as snapshots
    cross join {{ ref('int_feedback_rules') }} as rules
    inner join {{ ref('int_decision_effects') }} as effects
        on snapshots.campaign_id = effects.campaign_id
    inner join {{ ref('decisions') }} as decisions
        on effects.decision_id = decisions.decision_id
    where snapshots.proposal is not null
        and effects.decided_on >= snapshots.snapshot_on
        and effects.decided_on <= cast({{ plus_days('snapshots.snapshot_on', 'rules.review_decision_days') }} as date)
),

rated as (
    select
        snapshots.*,
        {{ ratio('snapshots.sql_in_time', 'snapshots.exposed') }} as rate,
        {{ wilson_bound('snapshots.sql_in_time', 'snapshots.exposed', '-') }} as rate_low,
        {{ wilson_bound('snapshots.sql_in_time', 'snapshots.exposed', '+') }} as rate_high,
        {{ ratio('snapshots.reference_sql_in_time', 'snapshots.reference_exposed') }} as reference_rate,
        case
            when snapshots.sql_in_time > 0
                then cast({{ floor_divide('2 * snapshots.cost_minor + snapshots.sql_in_time', '2 * snapshots.sql_in_time') }} as bigint)
        end as cost_per_sql_minor,
        case
            when snapshots.reference_sql_with_cost > 0
                then cast(
                    {{ floor_divide('2 * snapshots.reference_cost_minor + snapshots.reference_sql_with_cost', '2 * snapshots.reference_sql_with_cost') }}
                    as bigint
                )
        end as reference_cost_per_sql_minor
    from {{ ref('int_campaign_snapshots') }} as snapshots
)

select
    rated.campaign_id,
    campaigns.campaign_name,
    coalesce(channelled.channel, 'unknown') as channel,
    rated.begins_on,
    rated.review_day,
    rated.snapshot_on,
    rated.window_days,
    rated.known_on,
    rated.is_reconstructed,
    rated.leads,
    rated.quality_leads,
    rated.quality_known,
    {{ ratio('rated.quality_leads', 'rated.quality_known') }} as quality_rate,
    rated.mql,
    rated.sql,
    rated.proposals,
    rated.won,
    rated.sql_days,
    rated.exposed,
    rated.sql_in_time,
    rated.rate,
    rated.rate_low,
    rated.rate_high,
    rated.cost_minor,
    rated.cost_per_sql_minor,
    rated.currency,
    cast(
        case
            when rated.cost_minor is null then 'no_cost_data'
            when rated.sql_in_time = 0 then 'no_denominator'
        end as string
    ) as cost_missing_reason,
    rated.reference_leads,
    rated.reference_exposed,
    rated.reference_sql_in_time,
    rated.reference_rate,
    rated.reference_cost_minor,
    rated.reference_cost_per_sql_minor,
    rated.refused,
    {%- for reason in reasons %}
    rated.refused_{{ reason }},
    {%- endfor %}
    rated.refused_without_reason,
    rated.leading_reason,
    rated.proposal,
    rated.proposal_reason,
    decided.decision_id,
    cast(decided.decision as string) as decision,
    decided.decided_on,
    decided.decision_owner_id,
    decided.decision_note,
    decided.effect,
    decided.effect_low,
    decided.effect_high,
    decided.before_n as effect_before_n,
    decided.after_n as effect_after_n,
    cast(decided.effect_verdict as string) as effect_verdict,
    cast(
        case when rated.proposal is not null then coalesce(
            decided.effect_missing_reason, case when decided.decision_id is null then 'no_decision' end
        ) end as string
    ) as effect_missing_reason,
    rated.definition_version,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from rated
left join decided
    on rated.campaign_id = decided.campaign_id
    and rated.begins_on = decided.begins_on
    and rated.review_day = decided.review_day
    and decided.turn = 1
left join {{ ref('int_campaigns_merged') }} as campaigns
    on rated.campaign_id = campaigns.campaign_id
left join {{ ref('int_campaigns_channelled') }} as channelled
    on rated.campaign_id = channelled.campaign_id
