with contacts as (
    {{ newest_versions('amocrm', 'contacts') | indent(4) }}
),

meanings as (
    select
        meanings.account,
        meanings.id
        {%- for column in ['job_title', 'is_decision_maker', 'client_id', 'country'] %},
        max(case when meanings.column_name = '{{ column }}' then meanings.value end) as {{ column }}
        {%- endfor %}
    from {{ ref('stg_amocrm__field_values') }} as meanings
    where meanings.object = 'contact'
    group by meanings.account, meanings.id
)

select
    cast(contacts.id as string) as person_id,
    cast(contacts.company_id as string) as account_id,
    cast(nullif(contacts.responsible_user_id, '0') as string) as owner_id,
    cast(meanings.job_title as string) as job_title,
    cast({{ boolean_or_null('meanings.is_decision_maker') }} as boolean) as is_decision_maker,
    -- the first that can be called or written to, else the first
    cast(
        coalesce(
            {%- for number in ['1', '2', '3', '4', '5'] %}
            case when contacts.phone_{{ number }}_is_valid = 'true' then contacts.phone_{{ number }}_token end,
            {%- endfor %}
            contacts.phone_1_token
        ) as string
    ) as phone_token,
    cast(
        {%- for number in ['1', '2', '3', '4', '5'] %}
        coalesce(contacts.phone_{{ number }}_is_valid = 'true', false){% if not loop.last %} or{% endif %}
        {%- endfor %} as boolean
    ) as has_valid_phone,
    cast(
        coalesce(
            {%- for number in ['1', '2', '3'] %}
            case when contacts.email_{{ number }}_is_valid = 'true' then contacts.email_{{ number }}_token end,
            {%- endfor %}
            contacts.email_1_token
        ) as string
    ) as email_token,
    cast(
        {%- for number in ['1', '2', '3'] %}
        coalesce(contacts.email_{{ number }}_is_valid = 'true', false){% if not loop.last %} or{% endif %}
        {%- endfor %} as boolean
    ) as has_valid_email,
    cast(null as string) as messenger_token,
    cast(null as boolean) as has_messenger,
    cast(contacts.phone_2_token as string) as second_phone_token,
    cast(contacts.phone_3_token as string) as third_phone_token,
    cast(contacts.phone_4_token as string) as fourth_phone_token,
    cast(contacts.phone_5_token as string) as fifth_phone_token,
    cast(contacts.email_2_token as string) as second_email_token,
    cast(contacts.email_3_token as string) as third_email_token,
    cast(meanings.client_id as string) as client_id,
    cast(meanings.country as string) as country,
    cast({{ unix_instant('contacts.created_at') }} as timestamp) as created_at,
    cast('amocrm' as string) as source_system,
    cast({{ raw_record_key('amocrm', 'contacts', 'contacts') }} as string) as source_record_key
from contacts
left join meanings
    on contacts.account = meanings.account and contacts.id = meanings.id
left join {{ ref('stg_amocrm__objects_gone') }} as gone
    on contacts.account = gone.account and contacts.id = gone.id and gone.object = 'contact'
where gone.id is null and coalesce(contacts.is_deleted, 'false') <> 'true'
