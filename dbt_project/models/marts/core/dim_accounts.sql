-- Accounts known to a source, and those that a person, lead, deal or touch names without any record of their own.
with named as (
    select account_id from {{ ref('int_accounts_merged') }}
    union
    select account_id from {{ ref('int_people_merged') }} where account_id is not null
    union
    select account_id from {{ ref('leads') }} where account_id is not null
    union
    select account_id from {{ ref('int_deals_valued') }} where account_id is not null
    union
    select account_id from {{ ref('touches') }} where account_id is not null
),

records as (
    select
        identified.account_id,
        cast(count(*) as bigint) as records,
        min(identified.confidence) as lowest_confidence
    from {{ ref('int_accounts_identified') }} as identified
    group by identified.account_id
)

select
    named.account_id,
    accounts.account_name,
    accounts.parent_account_id,
    accounts.owner_id,
    accounts.industry,
    accounts.segment,
    accounts.region,
    accounts.country,
    accounts.employees,
    accounts.annual_revenue_minor,
    accounts.observed_sales_minor,
    accounts.observed_orders,
    accounts.currency,
    accounts.is_in_icp,
    accounts.domain,
    accounts.created_at,
    accounts.account_id is not null as is_on_record,
    coalesce(records.records, 0) as records,
    records.lowest_confidence,
    accounts.source_system,
    accounts.source_record_key,
    {{ build_fact('build_id') }} as build_id
from named
left join {{ ref('int_accounts_merged') }} as accounts
    on named.account_id = accounts.account_id
left join records
    on named.account_id = records.account_id
