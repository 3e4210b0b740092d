-- Campaigns whose money and whose people do not meet: cost without a lead or a touch, and the reverse.
with judged as (
    select
        campaigns.campaign_id,
        campaigns.amount_reporting_minor,
        campaigns.leads + campaigns.touches as people,
        case
            when campaigns.has_cost and campaigns.leads + campaigns.touches = 0 then 'spend_without_leads'
            when not campaigns.has_cost and campaigns.is_paid then 'leads_without_spend'
        end as finding
    from {{ ref('int_campaigns_matched') }} as campaigns
),

ranked as (
    select
        judged.*,
        row_number() over (
            partition by judged.finding order by coalesce(judged.amount_reporting_minor, judged.people) desc, judged.campaign_id
        ) as position
    from judged
    where judged.finding is not null
),

totals as (
    select
        ranked.finding,
        count(*) as occurrences,
        cast(sum(ranked.people) as bigint) as people,
        cast(sum(ranked.amount_reporting_minor) as bigint) as amount_reporting_minor,
        max(case when ranked.position = 1 then ranked.campaign_id end) as first_id,
        max(case when ranked.position = 2 then ranked.campaign_id end) as second_id,
        max(case when ranked.position = 3 then ranked.campaign_id end) as third_id
    from ranked
    group by ranked.finding
),

looked_at as (
    select
        count(case when campaigns.has_cost then 1 end) as with_cost,
        count(case when campaigns.leads + campaigns.touches > 0 then 1 end) as with_people
    from {{ ref('int_campaigns_matched') }} as campaigns
),

listed as (
    select
        totals.*,
        (
            totals.first_id
            || case when totals.second_id is null then '' else ', ' || totals.second_id end
            || case when totals.third_id is null then '' else ', ' || totals.third_id end
            || case when totals.occurrences > 3 then ', …' else '' end
        ) as ids
    from totals
),

reporting as (
    select
        build.reporting_currency,
        currencies.minor_per_unit
    from {{ ref('stg_build__build') }} as build
    inner join {{ ref('stg_definitions__currencies') }} as currencies
        on build.reporting_currency = currencies.currency
)

select
    cast(listed.finding as string) as finding,
    cast(case listed.finding when 'spend_without_leads' then 'ad_performance_daily' else 'leads' end as string) as contract,
    cast('campaign_id' as string) as column_name,
    cast(listed.occurrences as bigint) as occurrences,
    cast(case listed.finding when 'spend_without_leads' then looked_at.with_cost else looked_at.with_people end as bigint) as rows_checked,
    case listed.finding
        when 'spend_without_leads' then (
            'Campaigns that cost '
            || coalesce(cast({{ floor_divide('listed.amount_reporting_minor', 'reporting.minor_per_unit') }} as string), 'money')
            || ' ' || reporting.reporting_currency || ' in all and that no lead and no touch names (' || listed.ids
            || '): look for their ids in utm_campaign and in the forms; until then their cost has no result.'
        )
        else (
            'Campaigns of paid channels that ' || cast(listed.people as string) || ' leads and touches name and that never cost anything ('
            || listed.ids || '): add their cabinet or their costs; until then they look free.'
        )
    end as message
from listed
cross join looked_at
cross join reporting
where listed.finding = 'spend_without_leads' or looked_at.with_cost > 0
