with leads as (
    select
        bands.moment,
        bands.band,
        case when qualified.is_quality_lead then 'quality' when not qualified.is_quality_lead then 'not_quality' else 'unknown' end as quality,
        case when bands.is_cold_because_unknown then 1 else 0 end as is_cold_because_unknown,
        case when bands.gate_failed then 1 else 0 end as gate_failed,
        case when sold.is_mature_for_sql then 1 else 0 end as is_mature_for_sql,
        case when sold.is_mature_for_sql and sold.is_sql then 1 else 0 end as is_sql,
        case when sold.is_mature_for_close then 1 else 0 end as is_mature_for_close,
        case when sold.is_mature_for_close and sold.is_closed then 1 else 0 end as is_closed,
        case when sold.is_mature_for_close then sold.valued_deals else 0 end as valued_deals,
        case when sold.is_mature_for_close then sold.won_minor end as won_minor
    from {{ ref('int_lead_bands') }} as bands
    inner join {{ ref('int_leads_sold') }} as sold
        on bands.lead_id = sold.lead_id
    left join {{ ref('int_leads_qualified') }} as qualified
        on bands.lead_id = qualified.lead_id
),

counted as (
    select
        leads.moment,
        coalesce(leads.quality, '(all)') as quality,
        coalesce(leads.band, '(all)') as band,
        count(*) as leads,
        sum(leads.is_cold_because_unknown) as cold_because_unknown,
        sum(leads.gate_failed) as gate_failed,
        sum(leads.is_mature_for_sql) as mature_for_sql,
        sum(leads.is_sql) as reached_sql,
        sum(leads.is_mature_for_close) as mature_for_close,
        sum(leads.is_closed) as closed,
        sum(leads.valued_deals) as valued_deals,
        sum(leads.won_minor) as won_minor
    from leads
    group by grouping sets (
        (leads.moment, leads.quality, leads.band),
        (leads.moment, leads.quality),
        (leads.moment, leads.band),
        (leads.moment)
    )
)

select
    counted.moment,
    cast(counted.quality as string) as quality,
    cast(counted.band as string) as band,
    cast(counted.leads as bigint) as leads,
    cast(counted.cold_because_unknown as bigint) as cold_because_unknown,
    cast(counted.gate_failed as bigint) as gate_failed,
    {{ sold_columns('counted') }},
    cast(counted.won_minor as bigint) as won_minor,
    cast({{ floor_divide('counted.won_minor', 'nullif(counted.valued_deals, 0)') }} as bigint) as average_deal_minor,
    cast({{ build_fact('reporting_currency') }} as string) as currency,
    cast({{ policy('close_event') }} as string) as close_event,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from counted
