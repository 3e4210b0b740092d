-- Leads that became an opportunity. Price 0 is how amoCRM writes that none was typed in. The VAT inside a price is that of the
-- day of closing, of an open deal that of the evaluation.
with meanings as (
    select
        meanings.account,
        meanings.id
        {%- for column in ['product', 'term_months', 'signed_on', 'is_test'] %},
        max(case when meanings.column_name = '{{ column }}' then meanings.value end) as {{ column }}
        {%- endfor %}
    from {{ ref('stg_amocrm__field_values') }} as meanings
    where meanings.object = 'lead'
    group by meanings.account, meanings.id
),

rates as (
    select
        rates.source,
        rates.account,
        rates.valid_from,
        lead(rates.valid_from) over (partition by rates.source, rates.account order by rates.valid_from) as valid_to,
        -- hundredths of a percent, a whole number
        cast(rates.percent * 100 as bigint) as rate
    from {{ source('raw_build', 'vat_rates') }} as rates
),

priced as (
    select
        leads.*,
        histories.opportunity_at,
        histories.stage,
        {{ local_date('coalesce(histories.won_at, histories.lost_at, ' ~ build_fact('evaluated_at') ~ ')') }} as taxed_on,
        accounts.currency,
        accounts.amounts_include_vat,
        nullif(
            {{ to_minor(decimal_or_null('coalesce(leads.price_with_minor_units, leads.price)'), 'currencies.minor_per_unit') }}, 0
        ) as amount_minor
    from {{ ref('stg_amocrm__lead_cards') }} as leads
    inner join {{ ref('stg_amocrm__histories') }} as histories
        on leads.account = histories.account and leads.id = histories.lead_id and histories.opportunity_at is not null
    left join {{ source('raw_build', 'accounts') }} as accounts
        on leads.account = accounts.account and accounts.source = 'amocrm'
    left join {{ ref('stg_definitions__currencies') }} as currencies
        on accounts.currency = currencies.currency
)

select
    cast(leads.id as string) as deal_id,
    cast(leads.id as string) as lead_id,
    cast(coalesce(leads.main_contact_id, {{ json_first('leads.contact_ids') }}) as string) as person_id,
    cast(leads.company_id as string) as account_id,
    cast(nullif(leads.responsible_user_id, '0') as string) as owner_id,
    cast(coalesce(stages.pipeline, leads.pipeline_id) as string) as pipeline,
    cast(meanings.product as string) as product,
    cast(leads.opportunity_at as timestamp) as created_at,
    cast({{ unix_instant('meanings.signed_on') }} as timestamp) as signed_at,
    cast(null as timestamp) as won_at,
    cast(null as timestamp) as lost_at,
    cast(
        case
            when leads.stage in ('won', 'paid', 'retained', 'expanded') then 'won'
            when leads.stage = 'lost' then 'lost'
            else 'open'
        end as string
    ) as status,
    cast(leads.amount_minor as bigint) as amount_minor,
    cast(
        case
            when leads.amounts_include_vat
                then {{ floor_divide(
                    wide_product('2 * leads.amount_minor', 'rates.rate') ~ ' + 10000 + rates.rate',
                    '2 * (10000 + rates.rate)'
                ) }}
            else {{ floor_divide(wide_product('2 * leads.amount_minor', 'rates.rate') ~ ' + 10000', '20000') }}
        end as bigint
    ) as amount_vat_minor,
    cast(leads.currency as string) as currency,
    cast(leads.amounts_include_vat as boolean) as amounts_include_vat,
    cast({{ whole_or_null('meanings.term_months') }} as bigint) as term_months,
    cast(leads.loss_reason_name as string) as loss_reason,
    cast({{ boolean_or_null('meanings.is_test') }} as boolean) as is_test,
    cast('amocrm' as string) as source_system,
    cast({{ raw_record_key('amocrm', 'leads', 'leads') }} as string) as source_record_key
from priced as leads
left join meanings
    on leads.account = meanings.account and leads.id = meanings.id
left join {{ ref('stg_amocrm__stages') }} as stages
    on leads.account = stages.account and leads.pipeline_id = stages.pipeline_id and leads.status_id = stages.status_id
left join rates
    on leads.account = rates.account
    and rates.source = 'amocrm'
    and leads.taxed_on >= rates.valid_from
    and (rates.valid_to is null or leads.taxed_on < rates.valid_to)
