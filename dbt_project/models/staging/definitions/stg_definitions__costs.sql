select
    entries.cost_id,
    entries.team,
    entries.category,
    entries.campaign_id,
    entries.channel,
    entries.started_on,
    entries.ended_on,
    {{ to_minor('entries.amount', 'currencies.minor_per_unit') }} as amount_minor,
    {{ to_minor('entries.amount_vat', 'currencies.minor_per_unit') }} as amount_vat_minor,
    coalesce(currencies.base_currency, entries.currency) as currency,
    cast('definitions' as string) as source_system,
    cast('definitions/costs/' || entries.cost_id || '/' || substr(entries.definition_version, 7) as string) as source_record_key
from {{ ref('stg_definitions__cost_entries') }} as entries
left join {{ ref('stg_definitions__currencies') }} as currencies
    on entries.currency = currencies.currency
where {{ holds_on('entries', evaluation_date()) }}
