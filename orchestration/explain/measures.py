"""The registry of figures that can be opened: a column of a report → the rows of the marts that it is the sum of.

One entry a measure. `rows` is a select whose rows carry every key column of the report, the column `part` (what the row adds to
the figure) and what a reader wants to see of it. `covers` names those rows of the report that are sums of published rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from orchestration.publication import PublishedBuild

_LOCAL_DAY = re.compile(r"local_day\(((?:[^()]|\([^()]*\))*)\)")


@dataclass(frozen=True)
class Measure:
    """One figure of a report. keys : columns that name one of its rows. shows : columns of the opened rows, in order.

    is_money : parts are minor units of the reporting currency.
    """

    table: str
    column: str
    keys: tuple[str, ...]
    shows: tuple[str, ...]
    rows: str
    covers: str = "true"
    is_money: bool = False


_CREDIT_KEYS = (
    "attribution_model", "conversion_kind", "journey_level", "level_asked", "channel", "month", "month_basis",
)  # fmt: skip
_CREDIT_SHOWS = (
    "conversion_id", "revenue_row_id", "credited_on", "touch_id", "touched_at", "channel", "weight", "rule", "source_record_key",
)  # fmt: skip
_CREDITS = """
select
    credits.attribution_model, credits.conversion_kind, credits.journey_level, credits.level_asked,
    coalesce(credits.channel, '(unattributed)') as channel, days.month_starts_on as month, bases.month_basis,
    credits.conversion_id, credits.revenue_row_id, credits.credited_on, credits.touch_id, credits.touched_at, credits.weight,
    credits.rule, credits.source_record_key, {part} as part
from fct_attribution_credits as credits
cross join (select unnest(['conversion', 'touch']) as month_basis) as bases
inner join dim_dates as days
    on days.date_on = case bases.month_basis
        when 'touch' then coalesce(local_day(credits.touched_at), credits.credited_on) else credits.credited_on end
"""
_IN_LEDGER = "attribution_model in (select attribution_model from fct_attribution_credits)"

# linear gives every touch of a journey a row, so the first and the last team of a conversion are found in it
_WITH_TEAMS = """
with linear as (
    select * from fct_attribution_credits where attribution_model = 'linear' and level_asked = 'default'
),

amounts as (
    select
        conversion_kind, conversion_id, revenue_row_id, credited_on, min(conversion_count) as conversion_count,
        sum(credited_minor) as amount_minor, count(touch_id) as touches,
        arg_min(team, touch_position) as first_team, arg_max(team, touch_position) as last_team,
        count(*) filter (where team = 'marketing') as marketing_touches, count(*) filter (where team = 'sales') as sales_touches,
        count(*) filter (where team = 'both') as touches_of_both, min(source_record_key) as source_record_key
    from linear
    group by conversion_kind, conversion_id, revenue_row_id, credited_on
)
"""
_AMOUNT_SHOWS = (
    "conversion_id", "revenue_row_id", "credited_on", "conversion_count", "touches", "first_team", "last_team", "source_record_key",
)  # fmt: skip
_CLAIMS = (
    _WITH_TEAMS
    + """
select
    amounts.conversion_kind, days.month_starts_on as month, 'both_teams' as touches_of, 'once' as counting, amounts.conversion_id,
    amounts.revenue_row_id, amounts.credited_on, amounts.conversion_count, amounts.touches, amounts.first_team, amounts.last_team,
    amounts.source_record_key, {part} as part
from amounts
inner join dim_dates as days on amounts.credited_on = days.date_on
where {which}
"""
)
_MARKETING_CLAIMS = "amounts.first_team in ('marketing', 'both')"
_SALES_CLAIMS = "amounts.last_team in ('sales', 'both')"
_COVERAGE = (
    _WITH_TEAMS
    + """
select
    amounts.conversion_kind, days.month_starts_on as month, dimensions.dimension,
    case dimensions.dimension
        when 'touches' then case when amounts.touches >= 3 then '3+' else cast(amounts.touches as varchar) end
        when 'teams' then case
            when amounts.touches = 0 then 'none'
            when amounts.sales_touches + amounts.touches_of_both = 0 then 'marketing_only'
            when amounts.marketing_touches + amounts.touches_of_both = 0 then 'sales_only'
            else 'mixed' end
    end as value,
    amounts.conversion_id, amounts.revenue_row_id, amounts.credited_on, amounts.conversion_count, amounts.touches,
    amounts.first_team, amounts.last_team, amounts.source_record_key, {part} as part
from amounts
cross join (select unnest(['touches', 'teams']) as dimension) as dimensions
inner join dim_dates as days on amounts.credited_on = days.date_on
"""
)

_CLOCKS = """
with placed as (
    select
        clocks.*, days.period, coalesce(clocks.handover_type, '(none)') as type_or_none,
        case when clocks.state = 'breached' and clocks.is_process_cause then '(process)'
            else coalesce(clocks.owner_id, '(none)') end as counted_owner_id
    from fct_sla_clocks as clocks
    inner join dim_dates as days on days.date_on = local_day(coalesce(clocks.due_at, clocks.started_at))
),

views as (
    select placed.* exclude (owner_id, handover_type), '(all)' as owner_id, '(all)' as handover_type from placed
    union all by name
    select placed.* exclude (owner_id, handover_type), '(all)' as owner_id, type_or_none as handover_type
    from placed where type_or_none <> '(none)'
    union all by name
    select placed.* exclude (owner_id, handover_type), counted_owner_id as owner_id, '(all)' as handover_type from placed
)

select
    {keys}, views.lead_id, views.episode, views.started_at, views.due_at, views.stopped_at, views.state, views.cause,
    leads.source_record_key, 1 as part
from views
left join fct_leads as leads on views.lead_id = leads.lead_id
where {which}
"""
_CLOCK_KEYS = ("period", "clock", "owner_id", "handover_type")
_CLOCK_SHOWS = ("lead_id", "episode", "started_at", "due_at", "stopped_at", "state", "cause", "source_record_key")

_KPI_KEYS = ("kpi", "variant", "period", "segment")
_CONTRACTS = """
select
    'revenue' as kpi, variants.variant, days.period, '(all)' as segment, deals.deal_id, deals.won_at, deals.status,
    deals.source_record_key, coalesce(deals.amount_reporting_minor, 0) as part
from fct_deals as deals
inner join dim_dates as days on days.date_on = local_day(deals.won_at)
cross join (select unnest(['contracts', 'default']) as variant) as variants
where deals.won_at <= evaluated_at()
"""
_PAYMENTS = """
select
    'revenue' as kpi, variants.variant, days.period, '(all)' as segment, payments.payment_id, payments.deal_id, payments.paid_at,
    payments.source_record_key, coalesce(payments.amount_reporting_minor, 0) as part
from fct_payments as payments
inner join dim_dates as days on payments.paid_on = days.date_on
cross join (select unnest(['payments', 'default']) as variant) as variants
where payments.paid_at <= evaluated_at()
"""
# all that was spent, cabinets' statistics and cost entries alike; what has no rate is in no figure
_SPENT = """
with spent as (
    select
        'marketing' as team, channel, channel as told_channel, date_on, platform, campaign_id, ad_id, null as cost_id,
        cost_reporting_minor as cost_minor, source_record_key
    from fct_ad_performance_daily
    union all
    select
        team, channel, named_channel, date_on, null, campaign_id, null, cost_id, cost_reporting_minor, source_record_key
    from fct_cost_entries
),

costs as (
    select spent.*, days.month_starts_on, days.period
    from spent
    inner join dim_dates as days on spent.date_on = days.date_on
    where spent.cost_minor is not null and spent.date_on <= local_day(evaluated_at())
)
"""
_COST_SHOWS = ("date_on", "team", "channel", "platform", "campaign_id", "ad_id", "cost_id", "source_record_key")
_EPISODES = """
with views as (
    select handovers.*, coalesce(leads.channel, 'unknown') as channel
    from fct_handovers as handovers
    left join fct_leads as leads on handovers.lead_id = leads.lead_id
    where coalesce(handovers.outcome, '') <> 'void'
)

select
    'recycling_rate' as kpi, kinds.variant, days.period, segments.segment, views.lead_id, views.episode, views.handover_type,
    views.handed_over_at, views.outcome, views.return_reason, views.source_record_key, 1 as part
from views
inner join dim_dates as days on days.date_on = local_day(views.handed_over_at)
cross join (select unnest(['default', 'decided', 'review']) as variant) as kinds
inner join (select channel as segment, channel from dim_channels union all select '(all)', channel from dim_channels) as segments
    on views.channel = segments.channel
where views.handover_type = case kinds.variant when 'review' then 'review' else 'full' end and {which}
"""
_EPISODE_SHOWS = (
    "lead_id", "episode", "handover_type", "handed_over_at", "outcome", "return_reason", "source_record_key",
)  # fmt: skip
_LEADS = """
with outcomes as (
    select lead_id, max(case when won_at is not null then 1 else 0 end) as has_won_deal, min(deal_id) as deal_id
    from fct_deals where lead_id is not null group by lead_id
)

select
    'lead_to_deal_share' as kpi, kinds.variant, days.period, segments.segment, leads.lead_id, leads.created_at, outcomes.deal_id,
    leads.source_record_key, 1 as part
from fct_leads as leads
inner join dim_dates as days on leads.created_on = days.date_on
cross join (select unnest(['default', 'opened']) as variant) as kinds
cross join (select unnest([true, false]) as is_whole) as wholes
cross join lateral (select case when wholes.is_whole then '(all)' else leads.channel end as segment) as segments
left join outcomes on leads.lead_id = outcomes.lead_id
where not leads.is_duplicate and not leads.is_test and {which}
"""
_LEAD_SHOWS = ("lead_id", "created_at", "deal_id", "source_record_key")
_COSTS = (
    _SPENT
    + """
select
    series.attribution_model, series.conversion_kind, series.journey_level, series.level_asked, costs.month_starts_on as month,
    series.month_basis, costs.*, costs.cost_minor as part
from costs
cross join (
    select distinct attribution_model, conversion_kind, journey_level, level_asked, month_basis from rpt_attribution_by_channel
) as series
where costs.channel is not null
"""
)
# a lead reached a stage with its first entry into it or any later one (D10); a log without wins or payments is helped by the deals
_REACHED = """
with chain as (
    select stage, chain_rank from (values ('lead', 1), ('mql', 2), ('sql', 3), ('proposal', 4), ('won', 5), ('paid', 6))
        as chain(stage, chain_rank)
),

recorded as (
    select lead_id, stage, min(entered_at) as entered_at from fct_stage_events where lead_id is not null group by lead_id, stage
),

entries as (
    select lead_id, stage, entered_at from recorded
    union all
    select lead_id, 'lead', created_at from fct_leads
    union all
    select deals.lead_id, 'won', min(deals.won_at) from fct_deals as deals
    anti join recorded on deals.lead_id = recorded.lead_id and recorded.stage = 'won'
    where deals.won_at is not null group by deals.lead_id
    union all
    select deals.lead_id, 'paid', min(deals.paid_at) from fct_deals as deals
    anti join recorded on deals.lead_id = recorded.lead_id and recorded.stage = 'paid'
    where deals.paid_at is not null group by deals.lead_id
),

reached as (
    select entries.lead_id, stages.stage, min(entries.entered_at) as reached_at
    from entries
    inner join chain as entered on entries.stage = entered.stage
    inner join chain as stages on entered.chain_rank >= stages.chain_rank
    where entries.entered_at <= evaluated_at()
    group by entries.lead_id, stages.stage
),

members as (
    select
        steps.from_stage, steps.to_stage, bases.cohort_basis, days.month_starts_on as cohort_month, days.period,
        case when wholes.is_whole then '(all)' else leads.channel end as channel, leads.lead_id, began.reached_at,
        ended.reached_at as reached_next_at, leads.source_record_key
    from reached as began
    inner join fct_leads as leads on began.lead_id = leads.lead_id and not leads.is_duplicate and not leads.is_test
    cross join (select unnest(['step', 'lead']) as cohort_basis) as bases
    cross join (select unnest([true, false]) as is_whole) as wholes
    inner join (
        select earlier.stage as from_stage, later.stage as to_stage
        from chain as earlier inner join chain as later on earlier.chain_rank < later.chain_rank
    ) as steps on began.stage = steps.from_stage
    inner join dim_dates as days on days.date_on = case bases.cohort_basis
        when 'lead' then local_day(leads.created_at) else local_day(began.reached_at) end
    left join reached as ended on began.lead_id = ended.lead_id and steps.to_stage = ended.stage and ended.reached_at >= began.reached_at
)
"""
_MEMBER_SHOWS = ("lead_id", "reached_at", "reached_next_at", "source_record_key")
_IN_CHAIN = """
from_stage in ('lead', 'mql', 'sql', 'proposal', 'won') and to_stage in ('mql', 'sql', 'proposal', 'won', 'paid')
"""
_COHORTS = (
    _REACHED
    + """
select views.view, members.*, 1 as part
from members
inner join (select distinct view, from_stage, to_stage from rpt_funnel_cohorts) as views
    on members.from_stage = views.from_stage and members.to_stage = views.to_stage
where {which}
"""
)
_RATES = (
    _REACHED
    + """
select names.kpi, 'default' as variant, members.channel as segment, members.*, 1 as part
from members
inner join (values
    ('lead_to_mql', 'lead', 'mql', 'step'), ('mql_to_sql', 'mql', 'sql', 'step'), ('sql_to_proposal', 'sql', 'proposal', 'step'),
    ('proposal_to_close', 'proposal', 'won', 'step'), ('sql_to_deal', 'sql', 'won', 'step'), ('lead_to_won', 'lead', 'won', 'lead')
) as names(kpi, from_stage, to_stage, cohort_basis)
    on members.from_stage = names.from_stage and members.to_stage = names.to_stage and members.cohort_basis = names.cohort_basis
where {which}
"""
)
_IS_RATE = """
kpi in ('lead_to_mql', 'mql_to_sql', 'sql_to_proposal', 'proposal_to_close', 'sql_to_deal', 'lead_to_won')
and variant = 'default' and close_event = 'won'
"""
_NEW_CUSTOMERS = """
with closes as (
    select customer_id, min(won_at) as first_won_at, arg_min(deal_id, won_at) as deal_id,
        arg_min(source_record_key, won_at) as source_record_key
    from fct_deals where won_at is not null group by customer_id
)

select
    kpis.kpi, 'default' as variant, days.period, '(all)' as segment, closes.customer_id, closes.deal_id, closes.first_won_at,
    closes.source_record_key, 1 as part
from closes
inner join dim_dates as days on days.date_on = local_day(closes.first_won_at)
cross join (select unnest(['cac_blended', 'cac_marketing_only']) as kpi) as kpis
"""
# with a term above a year only the first year counts, rounded half up; with an unknown term the whole contract does
_FIRST_YEARS = """
select
    'acv' as kpi, 'default' as variant, days.period, '(all)' as segment, deals.deal_id, deals.won_at, deals.term_months,
    deals.amount_reporting_minor, deals.source_record_key, {part} as part
from fct_deals as deals
inner join dim_dates as days on days.date_on = local_day(deals.won_at)
where deals.amount_reporting_minor is not null and deals.won_at <= evaluated_at()
"""
_FIRST_YEAR_SHOWS = ("deal_id", "won_at", "term_months", "amount_reporting_minor", "source_record_key")
_FIRST_YEAR_VALUE = """
case when deals.term_months > 12
    then (cast(deals.amount_reporting_minor as hugeint) * 24 + deals.term_months) // (2 * deals.term_months)
    else deals.amount_reporting_minor end
"""
# which conversions carry the revenue, payments or contracts, is told by the basis of the published figure
_CHANNEL_RETURN = (
    _SPENT
    + """,

revenue_kind as (
    select max(regexp_extract(basis, '^revenue of ([a-z]+),', 1)) as kind from rpt_kpi_values where {is_channel_return}
),

entries as (
    select
        credits.attribution_model, credits.channel, local_day(credits.touched_at) as date_on, credits.revenue_row_id,
        credits.touch_id, null as platform, null as campaign_id, null as cost_id, credits.source_record_key,
        credits.credited_minor as part
    from fct_attribution_credits as credits
    inner join revenue_kind on credits.conversion_kind = revenue_kind.kind
    where credits.touch_id is not null and credits.level_asked = 'default'
    union all
    select
        models.attribution_model, costs.channel, costs.date_on, null, null, costs.platform, costs.campaign_id, costs.cost_id,
        costs.source_record_key, -costs.cost_minor
    from costs
    cross join (select distinct attribution_model from fct_attribution_credits) as models
    where costs.channel is not null
)

select
    'romi' as kpi, 'revenue_' || entries.attribution_model as variant, days.period, entries.channel as segment, entries.*
from entries
inner join dim_dates as days on entries.date_on = days.date_on
"""
)
_RETURN_SHOWS = ("date_on", "revenue_row_id", "touch_id", "platform", "campaign_id", "cost_id", "source_record_key")
_CHANNEL_COSTS = (
    _SPENT
    + """
select
    'romi' as kpi, bases.basis || '_' || models.attribution_model as variant, costs.channel as segment, costs.*,
    costs.cost_minor as part
from costs
cross join (select distinct attribution_model from fct_attribution_credits) as models
cross join (select unnest(['revenue', 'gross_margin']) as basis) as bases
where costs.channel is not null
"""
)
_IS_CHANNEL_RETURN = "kpi = 'romi' and segment <> '(all)' and starts_with(variant, 'revenue_')"
# the company's return by revenue: payments where the figure says so, else contracts, less all that marketing spent
_COMPANY_RETURN = (
    _SPENT
    + """,

basis as (
    select max(basis) as basis from rpt_kpi_values where {is_company_return}
),

entries as (
    select paid_on as date_on, payment_id, deal_id, null as campaign_id, null as cost_id, source_record_key,
        amount_reporting_minor as part
    from fct_payments
    where paid_at <= evaluated_at() and (select basis from basis) = 'revenue of payments'
    union all
    select local_day(won_at), null, deal_id, null, null, source_record_key, amount_reporting_minor
    from fct_deals
    where won_at <= evaluated_at() and (select basis from basis) = 'revenue of contracts'
    union all
    select date_on, null, null, campaign_id, cost_id, source_record_key, -cost_minor from costs where team = 'marketing'
)

select 'romi' as kpi, 'revenue' as variant, days.period, '(all)' as segment, entries.* exclude (part), coalesce(part, 0) as part
from entries
inner join dim_dates as days on entries.date_on = days.date_on
"""
)
_COMPANY_RETURN_SHOWS = ("date_on", "payment_id", "deal_id", "campaign_id", "cost_id", "source_record_key")
_IS_COMPANY_RETURN = "kpi = 'romi' and segment = '(all)' and variant = 'revenue'"
_COMPANY_COSTS = (
    _SPENT
    + """
select 'romi' as kpi, variants.variant, '(all)' as segment, costs.*, costs.cost_minor as part
from costs
cross join (select unnest(['revenue', 'gross_margin', 'net']) as variant) as variants
where costs.team = 'marketing'
"""
)
# the cost of a period stands against the customers so many months later as the variant or the policy says
_ACQUISITION_COSTS = (
    _SPENT
    + """,

months as (
    select month_starts_on, any_value(period) as period, row_number() over (order by month_starts_on) as month_number
    from dim_dates group by month_starts_on
),

variants as (
    select 'default' as variant, cast(regexp_extract(content, 'value=([0-9]+)', 1) as bigint) as lag_months
    from rpt_definitions where definition = 'policies' and definition_key = 'cost_lag_months' and is_in_force
    union all
    select 'lag_3_months', 3
)

select
    kpis.kpi, variants.variant, counted.period, '(all)' as segment, costs.* exclude (period), costs.cost_minor as part
from costs
inner join months as spent_in on costs.month_starts_on = spent_in.month_starts_on
cross join variants
inner join months as counted on spent_in.month_number + variants.lag_months = counted.month_number
inner join (values ('cac_marketing_only', 'marketing'), ('cac_blended', 'marketing'), ('cac_blended', 'sales')) as kpis(kpi, team)
    on costs.team = kpis.team
"""
)
_UNIT_COST_KPIS = "kpi in ('cpl', 'cost_per_mql', 'cost_per_sql')"
_UNIT_COSTS = (
    _SPENT
    + """
select kpis.kpi, 'default' as variant, segments.segment, costs.*, costs.cost_minor as part
from costs
cross join (select unnest(['cpl', 'cost_per_mql', 'cost_per_sql']) as kpi) as kpis
cross join lateral (select unnest(['(all)', costs.told_channel]) as segment) as segments
where costs.team = 'marketing' and segments.segment is not null
"""
)
_UNIT_COUNTS = (
    _REACHED
    + """
select
    stages.kpi, 'default' as variant, days.period, segments.segment, leads.lead_id, reached.reached_at, leads.source_record_key,
    1 as part
from reached
inner join (values ('cpl', 'lead'), ('cost_per_mql', 'mql'), ('cost_per_sql', 'sql')) as stages(kpi, stage)
    on reached.stage = stages.stage
inner join fct_leads as leads on reached.lead_id = leads.lead_id and not leads.is_duplicate and not leads.is_test
inner join dim_dates as days
    on days.date_on = case stages.kpi when 'cpl' then leads.created_on else local_day(reached.reached_at) end
cross join lateral (select unnest(['(all)', leads.channel]) as segment) as segments
"""
)


def _credits(column: str, part: str, is_money: bool = False) -> Measure:
    rows = _CREDITS.format(part=part)
    return Measure("rpt_attribution_by_channel", column, _CREDIT_KEYS, _CREDIT_SHOWS, rows, _IN_LEDGER, is_money)


def _claims(column: str, part: str, which: str = "true") -> Measure:
    """Of the one way of counting that the ledger shows: both teams' touches, each once."""
    return Measure(
        "rpt_attribution_claims",
        column,
        ("conversion_kind", "month", "touches_of", "counting"),
        _AMOUNT_SHOWS,
        _CLAIMS.format(part=part, which=which),
        "touches_of = 'both_teams' and counting = 'once'",
        column.endswith("_minor"),
    )


def _coverage(column: str, part: str) -> Measure:
    """What the customer said of himself is in no mart."""
    return Measure(
        "rpt_attribution_coverage",
        column,
        ("conversion_kind", "month", "dimension", "value"),
        _AMOUNT_SHOWS,
        _COVERAGE.format(part=part),
        "dimension <> 'self_reported'",
        column.endswith("_minor"),
    )


def _clocks(column: str, which: str) -> Measure:
    keys = ", ".join(f"views.{key}" for key in _CLOCK_KEYS)
    rows = _CLOCKS.format(keys=keys, which=which)
    return Measure("rpt_sla_monthly", column, _CLOCK_KEYS, _CLOCK_SHOWS, rows)


def _clock_report(column: str, which: str) -> Measure:
    keys = "views.period, 'in_target_' || views.clock as metric"
    which = f"views.owner_id = '(all)' and views.handover_type = '(all)' and {which}"
    rows = _CLOCKS.format(keys=keys, which=which)
    covers = "metric like 'in\\_target\\_%' escape '\\'"
    return Measure("rpt_sla_report", column, ("period", "metric"), _CLOCK_SHOWS, rows, covers)


def _cohorts(column: str, which: str) -> Measure:
    keys = ("view", "cohort_month", "cohort_basis", "channel", "from_stage", "to_stage")
    return Measure("rpt_funnel_cohorts", column, keys, _MEMBER_SHOWS, _COHORTS.format(which=which), _IN_CHAIN)


def _kpi(column: str, shows: tuple[str, ...], rows: str, covers: str, is_money: bool = False) -> Measure:
    return Measure("rpt_kpi_values", column, _KPI_KEYS, shows, rows, covers, is_money)


_VERDICTS = "views.state in ('met', 'late', 'breached')"

MEASURES: tuple[Measure, ...] = (
    _credits("credited_conversions", "credits.weight * credits.conversion_count"),
    _credits("credited_minor", "coalesce(credits.credited_minor, 0)", is_money=True),
    Measure("rpt_attribution_by_channel", "cost_minor", _CREDIT_KEYS, _COST_SHOWS, _COSTS, is_money=True),
    _claims("conversions", "amounts.conversion_count"),
    _claims("marketing_claimed_conversions", "amounts.conversion_count", _MARKETING_CLAIMS),
    _claims("sales_claimed_conversions", "amounts.conversion_count", _SALES_CLAIMS),
    _claims("revenue_minor", "coalesce(amounts.amount_minor, 0)"),
    _claims("marketing_claim_minor", "coalesce(amounts.amount_minor, 0)", _MARKETING_CLAIMS),
    _claims("sales_claim_minor", "coalesce(amounts.amount_minor, 0)", _SALES_CLAIMS),
    _claims("unattributed_minor", "coalesce(amounts.amount_minor, 0)", "amounts.touches = 0"),
    _coverage("conversions", "amounts.conversion_count"),
    _coverage("revenue_minor", "coalesce(amounts.amount_minor, 0)"),
    _clocks("clocks", "true"),
    _clocks("n", _VERDICTS),
    *(_clocks(state, f"views.state = '{state}'") for state in ("met", "late", "breached", "running", "waived")),
    _clock_report("numerator", "views.state = 'met'"),
    _clock_report("denominator", _VERDICTS),
    _cohorts("numerator", "members.reached_next_at is not null"),
    _cohorts("denominator", "true"),
    _kpi("numerator", _MEMBER_SHOWS, _RATES.format(which="members.reached_next_at is not null"), _IS_RATE),
    _kpi("denominator", _MEMBER_SHOWS, _RATES.format(which="true"), _IS_RATE),
    _kpi(
        "numerator",
        ("deal_id", "won_at", "status", "source_record_key"),
        _CONTRACTS,
        "kpi = 'revenue' and basis = 'contracts' and variant in ('contracts', 'default')",
        is_money=True,
    ),
    _kpi(
        "numerator",
        ("payment_id", "deal_id", "paid_at", "source_record_key"),
        _PAYMENTS,
        "kpi = 'revenue' and basis = 'payments' and variant in ('payments', 'default')",
        is_money=True,
    ),
    _kpi(
        "numerator",
        _EPISODE_SHOWS,
        _EPISODES.format(which="views.outcome = 'returned'"),
        "kpi = 'recycling_rate'",
    ),
    _kpi(
        "denominator",
        _EPISODE_SHOWS,
        _EPISODES.format(
            which="(kinds.variant <> 'decided' or views.outcome is not null)",
        ),
        "kpi = 'recycling_rate'",
    ),
    _kpi(
        "numerator",
        _LEAD_SHOWS,
        _LEADS.format(which="outcomes.lead_id is not null and (kinds.variant = 'opened' or outcomes.has_won_deal = 1)"),
        "kpi = 'lead_to_deal_share'",
    ),
    _kpi("denominator", _LEAD_SHOWS, _LEADS.format(which="true"), "kpi = 'lead_to_deal_share'"),
    _kpi(
        "denominator",
        ("customer_id", "deal_id", "first_won_at", "source_record_key"),
        _NEW_CUSTOMERS,
        "kpi in ('cac_blended', 'cac_marketing_only') and variant = 'default' and close_event = 'won'",
    ),
    _kpi(
        "numerator",
        _FIRST_YEAR_SHOWS,
        _FIRST_YEARS.format(part=_FIRST_YEAR_VALUE),
        "kpi = 'acv' and variant = 'default' and close_event = 'won' and missing_reason is null",
        is_money=True,
    ),
    _kpi(
        "denominator",
        _FIRST_YEAR_SHOWS,
        _FIRST_YEARS.format(part="1"),
        "kpi = 'acv' and variant = 'default' and close_event = 'won' and missing_reason is null",
    ),
    _kpi(
        "numerator",
        _RETURN_SHOWS,
        _CHANNEL_RETURN.format(is_channel_return=_IS_CHANNEL_RETURN),
        _IS_CHANNEL_RETURN,
        is_money=True,
    ),
    _kpi("denominator", _COST_SHOWS, _CHANNEL_COSTS, "kpi = 'romi' and segment <> '(all)'", is_money=True),
    _kpi(
        "numerator",
        _COMPANY_RETURN_SHOWS,
        _COMPANY_RETURN.format(is_company_return=_IS_COMPANY_RETURN),
        _IS_COMPANY_RETURN + " and missing_reason is null",
        is_money=True,
    ),
    _kpi("denominator", _COST_SHOWS, _COMPANY_COSTS, "kpi = 'romi' and segment = '(all)'", is_money=True),
    _kpi(
        "numerator",
        _COST_SHOWS,
        _ACQUISITION_COSTS,
        "kpi in ('cac_blended', 'cac_marketing_only') and variant in ('default', 'lag_3_months') and missing_reason is null",
        is_money=True,
    ),
    # ads whose campaign has no channel belong to no segment, though their rows stand under `unknown`
    _kpi("numerator", _COST_SHOWS, _UNIT_COSTS, _UNIT_COST_KPIS + " and segment <> 'unknown'", is_money=True),
    _kpi("denominator", ("lead_id", "reached_at", "source_record_key"), _UNIT_COUNTS, _UNIT_COST_KPIS),
)
"""Every figure that opens. Where a column has several, `covers` tells which rows are whose."""


def rows_of(measure: Measure, build: PublishedBuild) -> str:
    """The select of a measure for one build: its local days are those of the company's zone, its end is the evaluation."""
    evaluated_at = str(build.facts["evaluated_at"]).rstrip("Z").replace("T", " ")
    rows = measure.rows.replace("evaluated_at()", f"timestamp '{evaluated_at}'")
    zone = str(build.facts["time_zone"]).replace("'", "''")
    return _LOCAL_DAY.sub(rf"cast(timezone('{zone}', timezone('UTC', \1)) as date)", rows)
