-- What a lead's own fields say about it: the MQL rule (any alternative of all its conditions) and the quality flag
-- (D17). Three-valued: null means that a field the answer rests on is not known.
{%- set fields = [
    'segment', 'industry', 'job_title', 'form_id', 'landing_page', 'campaign_id', 'self_reported_source', 'status',
    'channel_label', 'utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term', 'referrer_domain', 'click_id_kind',
    'has_valid_phone', 'has_valid_email', 'has_messenger', 'is_in_icp', 'has_need', 'asked_for_contact', 'asked_for_demo',
    'showed_interest'
] %}

with answered_need as (
    select
        answers.lead_id,
        levels.points,
        row_number() over (partition by answers.lead_id order by answers.answered_at desc, answers.answer_id desc) as recency
    from {{ ref('scoring_answers') }} as answers
    inner join {{ ref('stg_definitions__matrix') }} as levels
        on answers.criterion = levels.criterion
        and answers.level = levels.level
        and {{ holds_on('levels', local_date('answers.answered_at')) }}
    where answers.criterion = 'need_urgency'
),

-- A fact recorded on the person or the account stands in where the lead itself does not carry it.
leads_with_context as (
    select
        leads.lead_id,
        leads.created_at,
        {%- for field in fields if field not in ['has_valid_phone', 'has_valid_email', 'has_messenger', 'is_in_icp'] %}
        leads.{{ field }},
        {%- endfor %}
        coalesce(leads.has_valid_phone, people.has_valid_phone) as has_valid_phone,
        coalesce(leads.has_valid_email, people.has_valid_email) as has_valid_email,
        coalesce(leads.has_messenger, people.has_messenger) as has_messenger,
        coalesce(leads.is_in_icp, accounts.is_in_icp) as is_in_icp,
        answered_need.points > 0 as has_urgent_need
    from {{ ref('leads') }} as leads
    left join {{ ref('int_people_merged') }} as people
        on leads.person_id = people.person_id
    left join {{ ref('int_accounts_merged') }} as accounts
        on coalesce(leads.account_id, people.account_id) = accounts.account_id
    left join answered_need
        on leads.lead_id = answered_need.lead_id
        and answered_need.recency = 1
),

conditions as (
    select
        leads.lead_id,
        rules.alternative,
        rules.operator,
        rules.value,
        rules.is_hot_hand,
        case rules.field
            {%- for field in fields %}
            when '{{ field }}' then cast(leads.{{ field }} as string)
            {%- endfor %}
        end as field_value
    from leads_with_context as leads
    inner join {{ ref('stg_definitions__mql_rule') }} as rules
        on {{ holds_on('rules', local_date('leads.created_at')) }}
),

checked as (
    select
        conditions.lead_id,
        conditions.alternative,
        conditions.is_hot_hand,
        case conditions.operator
            when 'present' then conditions.field_value is not null
            when 'is_true' then conditions.field_value = 'true'
            when 'equals' then {{ lower_text('conditions.field_value') }} = {{ lower_text('conditions.value') }}
            when 'at_least' then {{ decimal_or_null('conditions.field_value') }} >= {{ decimal_or_null('conditions.value') }}
        end as holds
    from conditions
),

-- 1 holds, 0 does not, null unknown: the smallest over the conditions of an alternative, the largest over alternatives.
alternatives as (
    select
        checked.lead_id,
        checked.alternative,
        max(case when checked.is_hot_hand then 1 else 0 end) as hot_hand,
        case
            when min(case when checked.holds then 1 when not checked.holds then 0 end) = 0 then 0
            when count(checked.holds) < count(*) then null
            else 1
        end as holds
    from checked
    group by checked.lead_id, checked.alternative
),

rule_results as (
    select
        alternatives.lead_id,
        case
            when max(alternatives.holds) = 1 then true
            when count(alternatives.holds) < count(*) then null
            else false
        end as meets_mql_rule,
        case
            when max(alternatives.holds * alternatives.hot_hand) = 1 then true
            when sum(case when alternatives.hot_hand = 1 and alternatives.holds is null then 1 else 0 end) > 0 then null
            else false
        end as is_hot_hand
    from alternatives
    group by alternatives.lead_id
),

-- An e-mail address alone counts only where the definition lists it (D17).
reachable_leads as (
    select
        leads.*,
        leads.has_valid_phone
        or leads.has_messenger
        or ({{ policy('quality_contact') }} = 'phone_messenger_or_email' and leads.has_valid_email) as can_be_reached
    from leads_with_context as leads
)

select
    leads.lead_id,
    rule_results.meets_mql_rule,
    rule_results.is_hot_hand,
    case
        when leads.is_in_icp is null
            or (leads.has_need or leads.has_urgent_need) is null
            or leads.can_be_reached is null
            or leads.asked_for_contact is null
            then null
        else leads.is_in_icp
            and (leads.has_need or leads.has_urgent_need)
            and leads.can_be_reached
            and leads.asked_for_contact
    end as is_quality_lead
from reachable_leads as leads
left join rule_results
    on leads.lead_id = rule_results.lead_id
