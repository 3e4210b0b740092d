"""What a vendor told, counted apart from the models that stage it: the other end of the reconciliation of its contracts.

Fills of a mapping count what they fill; staging models do not, so their rows are counted here a second time and another way:
distinct objects less those that are gone, and for days the rows that no newer pull of the same day replaces. A measure that
cannot be counted so (a deal is a lead of a certain history) is marked as worked out by the models: it is followed from the
contract to the mart only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from data_quality.reconciliation import MONEY, ROWS

_AMOCRM = """
with pulls as (
    select stream, pull, account from raw_landing.pulls where source = 'amocrm'
),
last_words as (
    select
        pulls.account,
        case when e.type like 'lead%' then 'lead' when e.type like 'contact%' then 'contact' else 'company' end as object,
        e.entity_id as id,
        max_by(e.type, e.created_at || '|' || e.id) as type
    from raw_amocrm.events as e
    inner join pulls on pulls.stream = 'events' and pulls.pull = e.pull
    where e.type in ('lead_deleted', 'lead_restored', 'contact_deleted', 'company_deleted')
    group by 1, 2, 3
),
gone as (
    select account, object, id from last_words where type <> 'lead_restored'
),
leads as (
    select pulls.account, l.id, max_by(l.is_deleted, l.pull) as is_deleted,
        max_by(cast(coalesce(l.price_with_minor_units, l.price) as decimal(24, 6)), l.pull) as price
    from raw_amocrm.leads as l inner join pulls on pulls.stream = 'leads' and pulls.pull = l.pull
    group by 1, 2
),
living_leads as (
    select leads.* from leads left join gone on gone.account = leads.account and gone.id = leads.id and gone.object = 'lead'
    where gone.id is null and coalesce(leads.is_deleted, 'false') <> 'true'
),
persons as (
    select pulls.account, c.id, max_by(c.is_deleted, c.pull) as is_deleted, 'contact' as object
    from raw_amocrm.contacts as c inner join pulls on pulls.stream = 'contacts' and pulls.pull = c.pull
    group by 1, 2
    union all
    select pulls.account, c.id, max_by(c.is_deleted, c.pull) as is_deleted, 'company' as object
    from raw_amocrm.companies as c inner join pulls on pulls.stream = 'companies' and pulls.pull = c.pull
    group by 1, 2
),
living_persons as (
    select persons.* from persons
    left join gone on gone.account = persons.account and gone.id = persons.id and gone.object = persons.object
    where gone.id is null and coalesce(persons.is_deleted, 'false') <> 'true'
),
changes as (
    select distinct pulls.account, e.id
    from raw_amocrm.events as e
    inner join pulls on pulls.stream = 'events' and pulls.pull = e.pull
    inner join living_leads as l on l.account = pulls.account and l.id = e.entity_id
    where e.type = 'lead_status_changed' and e.status_after is not null
)
select 'leads' as contract, 'rows' as measure, cast(null as string) as currency, cast(count(*) as decimal(38, 0)) as total
from living_leads
union all
select 'people', 'rows', null, cast(count(*) as decimal(38, 0)) from living_persons where object = 'contact'
union all
select 'accounts', 'rows', null, cast(count(*) as decimal(38, 0)) from living_persons where object = 'company'
union all
select 'owners', 'rows', null, cast(count(distinct account || '|' || id) as decimal(38, 0))
from raw_amocrm.users as u inner join pulls on pulls.stream = 'users' and pulls.pull = u.pull
union all
select 'stage_events', 'rows', null,
    cast((select count(*) from living_leads) + (select count(*) from changes) as decimal(38, 0))
union all
select 'deals', 'amount_minor', a.currency, cast(sum(floor(l.price * k.minor_per_unit + 0.5)) as decimal(38, 0))
from contracts.deals as d
inner join living_leads as l on l.id = d.deal_id
inner join raw_build.accounts as a on a.source = 'amocrm' and a.account = l.account
inner join staging.stg_definitions__currencies as k on k.currency = a.currency
where d.source_system = 'amocrm'
group by a.currency
"""


_DIRECT = """
with pulls as (
    select stream, pull, account, window_from, window_to from raw_landing.pulls where source = 'yandex_direct' and is_read
),
currencies as (
    select pulls.account, c.id, max_by(nullif(c.currency, ''), c.pull) as currency
    from raw_yandex_direct.campaigns as c inner join pulls on pulls.stream = 'campaigns' and pulls.pull = c.pull
    group by 1, 2
),
told as (
    select distinct
        pulls.account, d.pull, d.date as told_on, d._key, d.campaignid, d.costwithoutvat as net, d.costwithvat as gross
    from raw_yandex_direct.performance_daily as d
    inner join pulls on pulls.stream = 'performance_daily' and pulls.pull = d.pull
),
kept as (
    select told.* from told
    where not exists (
        select 1 from pulls as newer
        where newer.stream = 'performance_daily' and newer.account = told.account and newer.pull > told.pull
            and told.told_on between newer.window_from and newer.window_to
    )
),
priced as (
    select
        k.base_currency as currency,
        floor(cast(nullif(kept.net, '--') as decimal(24, 6)) * k.minor_per_unit + 0.5) as net,
        floor(cast(nullif(kept.gross, '--') as decimal(24, 6)) * k.minor_per_unit + 0.5) as gross
    from kept
    left join currencies on currencies.account = kept.account and currencies.id = kept.campaignid
    left join (
        select account, min(currency) as currency from currencies group by 1 having min(currency) = max(currency)
    ) as a on a.account = kept.account
    left join staging.stg_definitions__currencies as k on k.currency = coalesce(currencies.currency, a.currency)
)
select 'ad_performance_daily' as contract, 'rows' as measure, cast(null as string) as currency,
    cast(count(*) as decimal(38, 0)) as total
from kept
union all
select 'ad_performance_daily', 'cost_net_minor', currency, cast(sum(net) as decimal(38, 0)) from priced group by currency
union all
select 'ad_performance_daily', 'cost_gross_minor', currency, cast(sum(gross) as decimal(38, 0)) from priced group by currency
union all
select 'campaigns', 'rows', null, cast(count(*) as decimal(38, 0)) from currencies
"""

_METRIKA = """
with pulls as (
    select pull, account, window_from, window_to from raw_landing.pulls
    where source = 'yandex_metrika' and stream = 'visits' and is_read
),
told as (
    select distinct pulls.account, v.pull, v.date as told_on, v.visitid, v.goalsid
    from raw_yandex_metrika.visits as v inner join pulls on pulls.pull = v.pull
),
kept as (
    select told.* from told
    where not exists (
        select 1 from pulls as newer
        where newer.account = told.account and newer.pull > told.pull
            and told.told_on between newer.window_from and newer.window_to
    )
)
select 'web_sessions' as contract, 'rows' as measure, cast(null as string) as currency,
    cast(count(*) as decimal(38, 0)) as total
from kept
union all
select 'touches', 'rows', null, cast(sum(
    1 + case
        when coalesce(goalsid, '') in ('', '[]') then 0
        else length(goalsid) - length(replace(goalsid, ',', '')) + 1
    end
) as decimal(38, 0))
from kept
"""


@dataclass(frozen=True)
class VendorTotals:
    """What is counted of one vendor.

    sql : statement over `raw_*` (and, where a sum is of chosen rows, the contract) with contract, measure, currency and
    total. measures : contract → those that it counts; all others of the contract are worked out by the models.
    """

    sql: str
    measures: Mapping[str, tuple[str, ...]]


VENDORS: dict[str, VendorTotals] = {
    "amocrm": VendorTotals(
        _AMOCRM,
        {
            "leads": (ROWS,),
            "people": (ROWS,),
            "accounts": (ROWS,),
            "owners": (ROWS,),
            "stage_events": (ROWS,),
            "deals": ("amount_minor",),
        },
    ),
    "yandex_direct": VendorTotals(
        _DIRECT, {"campaigns": (ROWS,), "ad_performance_daily": (ROWS, "cost_net_minor", "cost_gross_minor")}
    ),
    "yandex_metrika": VendorTotals(_METRIKA, {"web_sessions": (ROWS,), "touches": (ROWS,)}),
}


def told_sql(vendor: str, contracts: Collection[str]) -> str:
    """One statement with the totals of a vendor as rows of TOTALS_COLUMNS, place `told`; `contracts`: those it fills."""
    counted = VENDORS[vendor]
    selects = [
        f"select t.contract, 'told' as place, 'told by {vendor}' as rule, t.measure, t.currency, "
        f"cast(t.total as string) as total from ({counted.sql}) as t where t.total is not null"
    ]
    for contract in sorted(contracts):
        for measure in (ROWS, *MONEY.get(contract, ())):
            if measure not in counted.measures.get(contract, ()):
                is_count = measure == ROWS
                selects.append(
                    f"select '{contract}' as contract, 'told' as place, 'worked out by the models of {vendor}' as rule, "
                    f"'{measure}' as measure, {'cast(null as string)' if is_count else 'c.currency'} as currency, "
                    f"cast(cast({'count(*)' if is_count else f'sum(c.{measure})'} as decimal(38, 0)) as string) as total "
                    f"from contracts.{contract} as c where c.source_system = '{vendor}'"
                    + ("" if is_count else f" group by c.currency having sum(c.{measure}) is not null")
                )
    return "\nunion all\n".join(selects)
