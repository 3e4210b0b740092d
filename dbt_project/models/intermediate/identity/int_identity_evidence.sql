-- What a record carries that another may carry too. A lead's contact data is that of the person whom it names, but what the staff
-- typed into a test is nobody's. The site of an account with a parent may be the parent's: it says nothing.
{%- set columns = {
    'phone': ['phone_token', 'second_phone_token', 'third_phone_token', 'fourth_phone_token', 'fifth_phone_token'],
    'email': ['email_token', 'second_email_token', 'third_email_token'],
    'messenger': ['messenger_token'],
    'client_id': ['client_id']
} %}
with carried as (
    {% for rule, names in columns.items() -%}
    {% for name in names -%}
    select 'person' as applies_to, '{{ rule }}' as rule, people.{{ name }} as evidence, people.person_id as record_id, people.source_record_key
    from {{ ref('int_people_told') }} as people
    where people.{{ name }} is not null
    union all
    {% endfor -%}
    select
        'person' as applies_to,
        '{{ rule }}' as rule,
        leads.{{ names[0] }} as evidence,
        coalesce(leads.person_id, 'lead:' || leads.lead_id) as record_id,
        leads.source_record_key
    from {{ ref('int_leads_told') }} as leads
    where leads.{{ names[0] }} is not null and not coalesce(leads.is_test, false)
    union all
    {% endfor -%}
    select 'account' as applies_to, 'tax_id' as rule, accounts.tax_id_token as evidence, accounts.account_id as record_id, accounts.source_record_key
    from {{ ref('int_accounts_told') }} as accounts
    where accounts.tax_id_token is not null
    union all
    select
        'account' as applies_to,
        'domain' as rule,
        {{ company_domain('accounts.domain') }} as evidence,
        accounts.account_id as record_id,
        accounts.source_record_key
    from {{ ref('int_accounts_told') }} as accounts
    where {{ company_domain('accounts.domain') }} is not null and accounts.parent_account_id is null
)

select
    carried.rule,
    carried.evidence,
    records.record_key,
    min(carried.source_record_key) as source_record_key
from carried
inner join {{ ref('int_identity_records') }} as records
    on carried.applies_to = records.applies_to and carried.record_id = records.record_id
group by carried.rule, carried.evidence, records.record_key
