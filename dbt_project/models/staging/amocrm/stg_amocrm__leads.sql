-- Every lead that is there: in amoCRM a lead and its deal are one object (D6a).
with reasons_of_duplicates as (
    select distinct {{ lower_text('trim(reasons.source_reason)') }} as source_reason
    from {{ ref('stg_definitions__reasons') }} as reasons
    where reasons.reason = 'duplicate'
        and (reasons.source_system = 'amocrm' or reasons.source_system = '*')
        and {{ holds_on('reasons', evaluation_date()) }}
),

meanings as (
    select
        meanings.account,
        meanings.id
        {%- for column in [
            'campaign_id', 'form_id', 'landing_page', 'segment', 'industry', 'job_title', 'client_id', 'is_in_icp', 'has_need',
            'asked_for_contact', 'asked_for_demo', 'showed_interest', 'self_reported_source', 'is_duplicate', 'is_test',
            'channel_label', 'utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term', 'referrer_domain', 'click_id_kind'
        ] %},
        max(case when meanings.column_name = '{{ column }}' then meanings.value end) as {{ column }}
        {%- endfor %}
    from {{ ref('stg_amocrm__field_values') }} as meanings
    where meanings.object = 'lead'
    group by meanings.account, meanings.id
)

select
    cast(leads.id as string) as lead_id,
    cast(coalesce(leads.main_contact_id, {{ json_first('leads.contact_ids') }}) as string) as person_id,
    cast(leads.company_id as string) as account_id,
    cast(nullif(leads.responsible_user_id, '0') as string) as owner_id,
    cast({{ unix_instant('leads.created_at') }} as timestamp) as created_at,
    cast(meanings.campaign_id as string) as campaign_id,
    cast(meanings.form_id as string) as form_id,
    cast(meanings.landing_page as string) as landing_page,
    cast(meanings.segment as string) as segment,
    cast(meanings.industry as string) as industry,
    cast(meanings.job_title as string) as job_title,
    cast(null as string) as phone_token,
    cast(null as boolean) as has_valid_phone,
    cast(null as string) as email_token,
    cast(null as boolean) as has_valid_email,
    cast(null as string) as messenger_token,
    cast(null as boolean) as has_messenger,
    cast(meanings.client_id as string) as client_id,
    cast({{ boolean_or_null('meanings.is_in_icp') }} as boolean) as is_in_icp,
    cast({{ boolean_or_null('meanings.has_need') }} as boolean) as has_need,
    cast({{ boolean_or_null('meanings.asked_for_contact') }} as boolean) as asked_for_contact,
    cast({{ boolean_or_null('meanings.asked_for_demo') }} as boolean) as asked_for_demo,
    cast({{ boolean_or_null('meanings.showed_interest') }} as boolean) as showed_interest,
    cast(meanings.self_reported_source as string) as self_reported_source,
    cast(coalesce(stages.status_name, leads.status_id) as string) as status,
    cast({{ unix_instant('leads.closed_at') }} as timestamp) as closed_at,
    cast(
        coalesce({{ boolean_or_null('meanings.is_duplicate') }}, false) or reasons_of_duplicates.source_reason is not null
        as boolean
    ) as is_duplicate,
    cast({{ boolean_or_null('meanings.is_test') }} as boolean) as is_test,
    cast(meanings.channel_label as string) as channel_label,
    cast(meanings.utm_source as string) as utm_source,
    cast(meanings.utm_medium as string) as utm_medium,
    cast(meanings.utm_campaign as string) as utm_campaign,
    cast(meanings.utm_content as string) as utm_content,
    cast(meanings.utm_term as string) as utm_term,
    cast(meanings.referrer_domain as string) as referrer_domain,
    cast(meanings.click_id_kind as string) as click_id_kind,
    cast('amocrm' as string) as source_system,
    cast({{ raw_record_key('amocrm', 'leads', 'leads') }} as string) as source_record_key
from {{ ref('stg_amocrm__lead_cards') }} as leads
left join meanings
    on leads.account = meanings.account and leads.id = meanings.id
left join {{ ref('stg_amocrm__stages') }} as stages
    on leads.account = stages.account and leads.pipeline_id = stages.pipeline_id and leads.status_id = stages.status_id
left join reasons_of_duplicates
    on {{ lower_text('trim(leads.loss_reason_name)') }} = reasons_of_duplicates.source_reason
