-- Cost per day on the company's VAT basis and in the reporting currency: cabinets' statistics and cost entries, the
-- latter spread over their days by cumulative floors, so that the days of an entry sum to it exactly.
-- `amount_reporting_minor` is null where no rate of that day is known (`rpt_missing_rates`).
with entries as (
    select
        costs.*,
        days.date_on,
        row_number() over (partition by costs.cost_id order by days.date_on) as day_number,
        count(*) over (partition by costs.cost_id) as days
    from {{ ref('costs') }} as costs
    inner join {{ ref('int_days') }} as days
        on days.date_on between costs.started_on and costs.ended_on
),

spread as (
    select
        'entry' as cost_kind,
        entries.cost_id,
        entries.team,
        entries.category,
        entries.channel,
        entries.campaign_id,
        entries.date_on,
        cast(
            {{ sign_of('entries.amount_minor') }} * (
                {{ floor_divide(wide_product('abs(entries.amount_minor)', 'entries.day_number'), 'entries.days') }}
                - {{ floor_divide(wide_product('abs(entries.amount_minor)', '(entries.day_number - 1)'), 'entries.days') }}
            ) as bigint
        ) as amount_minor,
        cast(
            {{ sign_of('coalesce(entries.amount_vat_minor, 0)') }} * (
                {{ floor_divide(wide_product('abs(coalesce(entries.amount_vat_minor, 0))', 'entries.day_number'), 'entries.days') }}
                - {{ floor_divide(wide_product('abs(coalesce(entries.amount_vat_minor, 0))', '(entries.day_number - 1)'), 'entries.days') }}
            ) as bigint
        ) as amount_vat_minor,
        entries.currency,
        entries.source_record_key
    from entries
    union all
    select
        'ad' as cost_kind,
        ads.performance_id as cost_id,
        'marketing' as team,
        'ads' as category,
        campaigns.channel,
        ads.campaign_id,
        ads.date_on,
        coalesce(ads.cost_net_minor, ads.cost_gross_minor) as amount_minor,
        coalesce(ads.cost_gross_minor - ads.cost_net_minor, 0) as amount_vat_minor,
        ads.currency,
        ads.source_record_key
    from {{ ref('ad_performance_daily') }} as ads
    left join {{ ref('int_campaigns_channelled') }} as campaigns
        on ads.campaign_id = campaigns.campaign_id
    where coalesce(ads.cost_net_minor, ads.cost_gross_minor) is not null
)

select
    spread.cost_kind,
    spread.cost_id,
    cast(spread.team as string) as team,
    spread.category,
    spread.channel,
    spread.campaign_id,
    spread.date_on,
    spread.amount_minor,
    spread.amount_vat_minor,
    spread.currency,
    {{ in_reporting_currency(on_vat_basis('spread.amount_minor', 'spread.amount_vat_minor'), 'spread.currency') }}
        as amount_reporting_minor,
    spread.source_record_key
from spread
{{ join_rates('spread.currency', 'spread.date_on') }}
