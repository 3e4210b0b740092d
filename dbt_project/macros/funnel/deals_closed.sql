{#- Deals with the outcome and instant of their close and the lead's first entry into SQL that the CRM recorded (§5, cycle):
    deal_id, opportunity_at, won_at, amount_reporting_minor, outcome (`won`, `lost`, null), closed_at, sql_reached_at. -#}
{% macro deals_with_close() -%}
select
    deals.deal_id,
    deals.opportunity_at,
    deals.won_at,
    deals.amount_reporting_minor,
    case when deals.won_at is not null then 'won' when deals.status = 'lost' then 'lost' end as outcome,
    coalesce(
        case {{ policy('close_event') }} when 'paid' then deals.paid_at else deals.won_at end,
        case when deals.status = 'lost' then deals.lost_at end
    ) as closed_at,
    reached.reached_at as sql_reached_at
from {{ ref('int_deals_valued') }} as deals
left join {{ ref('int_leads_reached') }} as reached
    on deals.lead_id = reached.lead_id
    and reached.stage = 'sql'
    and not reached.is_implied
{%- endmacro %}

{#- First-year value of a contract (§5, acv): of a longer term a year's part, half up; with an unknown term the whole value. -#}
{% macro first_year_value(amount_minor, term_months) -%}
    case
        when {{ term_months }} > 12
            then cast({{ floor_divide(wide_product(amount_minor, '24') ~ ' + ' ~ term_months, '2 * ' ~ term_months) }} as bigint)
        else {{ amount_minor }}
    end
{%- endmacro %}
