-- Segments of the leads that marketing brought beside those of the deals that sales closed in the same period: two populations, no
-- rate of one by the other. A segment is the lead's or its account's; without one the industry stands in.
{%- set minimum_n = 'cast(' ~ policy('bottleneck_minimum_n') ~ ' as bigint)' %}

with marketing_channels as (
    select channels.channel
    from {{ ref('stg_definitions__channels') }} as channels
    where channels.team in ('marketing', 'both')
        and {{ holds_on('channels', evaluation_date()) }}
),

segments_of_leads as (
    select
        leads.lead_id,
        leads.created_at,
        coalesce(leads.segment, accounts.segment, leads.industry, accounts.industry, 'unknown') as segment,
        coalesce(leads.is_in_icp, accounts.is_in_icp) as is_in_icp
    from {{ ref('leads') }} as leads
    left join {{ ref('int_people_merged') }} as people
        on leads.person_id = people.person_id
    left join {{ ref('int_accounts_merged') }} as accounts
        on coalesce(leads.account_id, people.account_id) = accounts.account_id
),

brought as (
    select
        segments_of_leads.segment,
        segments_of_leads.is_in_icp,
        qualified.is_quality_lead,
        {{ local_date('segments_of_leads.created_at') }} as happened_on
    from segments_of_leads
    inner join {{ ref('int_leads_standing') }} as counted
        on segments_of_leads.lead_id = counted.lead_id
    inner join {{ ref('int_leads_channelled') }} as channelled
        on segments_of_leads.lead_id = channelled.lead_id
    inner join marketing_channels
        on channelled.channel = marketing_channels.channel
    left join {{ ref('int_leads_qualified') }} as qualified
        on segments_of_leads.lead_id = qualified.lead_id
),

sold as (
    select
        coalesce(segments_of_leads.segment, accounts.segment, accounts.industry, 'unknown') as segment,
        coalesce(segments_of_leads.is_in_icp, accounts.is_in_icp) as is_in_icp,
        deals.amount_reporting_minor,
        {{ local_date('deals.won_at') }} as happened_on
    from {{ ref('int_deals_valued') }} as deals
    left join segments_of_leads
        on deals.lead_id = segments_of_leads.lead_id
    left join {{ ref('int_accounts_merged') }} as accounts
        on deals.account_id = accounts.account_id
    where deals.won_at <= {{ build_fact('evaluated_at') }}
),

happened as (
    select
        brought.segment,
        brought.happened_on,
        1 as leads,
        case when brought.is_quality_lead then 1 else 0 end as quality_leads,
        0 as deals,
        cast(null as bigint) as won_minor,
        case when brought.is_in_icp then 1 when not brought.is_in_icp then 0 end as in_icp
    from brought
    union all
    select
        sold.segment,
        sold.happened_on,
        0 as leads,
        0 as quality_leads,
        1 as deals,
        sold.amount_reporting_minor as won_minor,
        case when sold.is_in_icp then 1 when not sold.is_in_icp then 0 end as in_icp
    from sold
),

-- Months and years of the company's calendar (D2); a month's text begins with its year.
dated as (
    select
        'month' as period_kind,
        days.period,
        happened.*
    from happened
    inner join {{ ref('int_days') }} as days
        on happened.happened_on = days.date_on
    union all
    select
        'year' as period_kind,
        substr(days.period, 1, 4) as period,
        happened.*
    from happened
    inner join {{ ref('int_days') }} as days
        on happened.happened_on = days.date_on
),

period_bounds as (
    select
        'month' as period_kind,
        days.period,
        min(days.date_on) as period_start_on,
        max(days.next_month_starts_on) as period_end_on
    from {{ ref('int_days') }} as days
    group by days.period
    union all
    select
        'year' as period_kind,
        substr(days.period, 1, 4) as period,
        min(days.date_on) as period_start_on,
        max(days.next_month_starts_on) as period_end_on
    from {{ ref('int_days') }} as days
    group by substr(days.period, 1, 4)
),

counted as (
    select
        dated.period_kind,
        dated.period,
        dated.segment,
        max(dated.in_icp) = 1 as is_in_icp,
        cast(sum(dated.leads) as bigint) as leads,
        cast(sum(dated.quality_leads) as bigint) as quality_leads,
        cast(sum(dated.deals) as bigint) as deals,
        cast(sum(dated.won_minor) as bigint) as won_minor
    from dated
    group by dated.period_kind, dated.period, dated.segment
),

shared as (
    select
        counted.*,
        cast(sum(counted.leads) over (partition by counted.period_kind, counted.period) as bigint) as all_leads,
        cast(sum(counted.deals) over (partition by counted.period_kind, counted.period) as bigint) as all_deals,
        cast(sum(counted.won_minor) over (partition by counted.period_kind, counted.period) as bigint) as all_won_minor
    from counted
),

measured as (
    select
        shared.*,
        {{ ratio('shared.leads', 'shared.all_leads') }} as leads_share,
        {{ ratio('shared.deals', 'shared.all_deals') }} as deals_share,
        {{ wilson_bound('shared.deals', 'shared.all_deals', '-') }} as deals_low,
        {{ wilson_bound('shared.deals', 'shared.all_deals', '+') }} as deals_high
    from shared
)

select
    cast(measured.period_kind as string) as period_kind,
    cast(measured.period as string) as period,
    period_bounds.period_start_on,
    period_bounds.period_end_on,
    cast(measured.segment as string) as segment,
    measured.is_in_icp,
    measured.leads,
    measured.all_leads,
    measured.leads_share,
    measured.quality_leads,
    measured.deals,
    measured.all_deals,
    measured.deals_share,
    measured.deals_low,
    measured.deals_high,
    -- a difference of two decimal(38, 9) loses a digit in Spark
    cast(cast(measured.deals_share as decimal(12, 9)) - cast(measured.leads_share as decimal(12, 9)) as decimal(38, 9)) as share_difference,
    measured.won_minor,
    {{ ratio('measured.won_minor', 'measured.all_won_minor') }} as money_share,
    cast({{ build_fact('reporting_currency') }} as string) as currency,
    cast(case
        when measured.all_deals < {{ minimum_n }} or measured.all_leads < {{ minimum_n }} then 'too_few'
        when measured.leads_share < measured.deals_low then 'closed_more'
        when measured.leads_share > measured.deals_high then 'closed_less'
        else 'no_difference'
    end as string) as verdict,
    {{ build_fact('evaluated_at') }} as evaluated_at,
    {{ build_fact('build_id') }} as build_id
from measured
inner join period_bounds
    on measured.period_kind = period_bounds.period_kind
    and measured.period = period_bounds.period
