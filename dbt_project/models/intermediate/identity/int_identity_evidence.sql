-- What a record carries that another may carry too. A lead's contact data is that of the person whom it names.
with carriers as (
    select
        people.person_id as record_id,
        people.phone_token,
        people.email_token,
        people.messenger_token,
        people.client_id,
        people.source_record_key
    from {{ ref('int_people_told') }} as people
    union all
    select
        coalesce(leads.person_id, 'lead:' || leads.lead_id) as record_id,
        leads.phone_token,
        leads.email_token,
        leads.messenger_token,
        leads.client_id,
        leads.source_record_key
    from {{ ref('int_leads_told') }} as leads
),

carried as (
    {% for rule, column in {'phone': 'phone_token', 'email': 'email_token', 'messenger': 'messenger_token', 'client_id': 'client_id'}.items() -%}
    select 'person' as applies_to, '{{ rule }}' as rule, {{ column }} as evidence, carriers.record_id, carriers.source_record_key
    from carriers
    where {{ column }} is not null
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
    where {{ company_domain('accounts.domain') }} is not null
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
