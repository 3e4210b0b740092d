with companies as (
    {{ newest_versions('amocrm', 'companies') | indent(4) }}
),

meanings as (
    select
        meanings.account,
        meanings.id
        {%- for column in ['segment', 'industry', 'region', 'country', 'employees', 'is_in_icp', 'domain'] %},
        max(case when meanings.column_name = '{{ column }}' then meanings.value end) as {{ column }}
        {%- endfor %}
    from {{ ref('stg_amocrm__field_values') }} as meanings
    where meanings.object = 'company'
    group by meanings.account, meanings.id
)

select
    cast(companies.id as string) as account_id,
    -- names do not pass the door: those of sole traders are people's
    cast(null as string) as account_name,
    cast(null as string) as parent_account_id,
    cast(nullif(companies.responsible_user_id, '0') as string) as owner_id,
    cast(meanings.industry as string) as industry,
    cast(meanings.segment as string) as segment,
    cast(meanings.region as string) as region,
    cast(meanings.country as string) as country,
    cast({{ whole_or_null('meanings.employees') }} as bigint) as employees,
    cast(null as bigint) as annual_revenue_minor,
    cast(null as string) as currency,
    cast(null as bigint) as observed_sales_minor,
    cast(null as bigint) as observed_orders,
    cast({{ boolean_or_null('meanings.is_in_icp') }} as boolean) as is_in_icp,
    cast(meanings.domain as string) as domain,
    cast(companies.tax_id_token as string) as tax_id_token,
    cast({{ unix_instant('companies.created_at') }} as timestamp) as created_at,
    cast('amocrm' as string) as source_system,
    cast({{ raw_record_key('amocrm', 'companies', 'companies') }} as string) as source_record_key
from companies
left join meanings
    on companies.account = meanings.account and companies.id = meanings.id
left join {{ ref('stg_amocrm__objects_gone') }} as gone
    on companies.account = gone.account and companies.id = gone.id and gone.object = 'company'
where gone.id is null and coalesce(companies.is_deleted, 'false') <> 'true'
