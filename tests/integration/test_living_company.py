"""The living company on its five mornings: its marts against the company itself, which no part of the pipeline reads."""

from __future__ import annotations

import csv
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest
import requests

from demo.company import CRITERIA, ENDS_AT
from demo.exports.identities import COMPANY_ENDS, COMPANY_WORDS, SURNAMES
from demo.feeds import MORNINGS, LivingCompany, living_company
from demo.feeds.amocrm_account import LOSS_REASON_IDS, STAGE_NAMES, TEST
from demo.feeds.yandex_metrika import visit_ids
from demo.sales import STAGES
from orchestration.clock import FixedClock
from tests.conftest import Built

MOSCOW = np.timedelta64(3, "h")
Flags = np.ndarray


@pytest.fixture(scope="module")
def company() -> Iterator[LivingCompany]:
    """The company that `living` was built from, with its simulators running."""
    with living_company(7, "small", FixedClock()) as company:
        yield company


def gone(company: LivingCompany) -> set[str]:
    """Leads that were deleted and did not come back."""
    books = company.crm_books
    return {str(lead) for lead in set(books.deleted) - set(books.restored)}


def stays(company: LivingCompany) -> Flags:
    """By position of the world's leads: Moscow's that are still in the CRM."""
    world = company.world
    return ~world.company.leads.is_branch & ~np.isin(world.lead_ids, list(gone(company)))


def deal_keys(company: LivingCompany) -> dict[int, str]:
    """Position of Moscow's deals → their key: a first deal and its lead are one object of the CRM."""
    world = company.world
    deals = world.sales.deals
    return {
        n: world.lead_ids[deals.lead[n]] if deals.lead[n] >= 0 else world.deal_ids[n]
        for n in np.flatnonzero(~deals.is_branch).tolist()
    }


def moscow_days(times: np.ndarray) -> np.ndarray:
    return (times + MOSCOW).astype("datetime64[D]")


def happened(times: np.ndarray) -> dict[int, datetime]:
    """Position → instant, of those that are known."""
    return {n: times[n].astype("datetime64[s]").astype(object) for n in np.flatnonzero(~np.isnat(times)).tolist()}


# leads


def test_every_total_reconciles_from_the_vendors_to_the_marts(living: Built) -> None:
    assert living.one("select count(*) from marts.rpt_reconciliation") > 70
    assert (
        living.query("select subject, measure, explanation from marts.rpt_reconciliation where not is_reconciled") == []
    )


def test_leads_are_the_worlds_and_the_doubles_and_tests_that_were_not_deleted(
    living: Built, company: LivingCompany
) -> None:
    world, books = company.world, company.crm_books
    leads, deals = world.company.leads, world.sales.deals
    copies = {str(lead) for lead in (*books.duplicates, *books.tests)}
    made = {world.lead_ids[n] for n in np.flatnonzero(~leads.is_branch).tolist()}
    second = {world.deal_ids[n] for n in np.flatnonzero((deals.lead < 0) & ~deals.is_branch).tolist()}
    found = living.query("select lead_id, is_duplicate, is_test, source_system from marts.fct_leads")
    assert {row[0] for row in found} == (made | second | copies) - gone(company)
    assert {row[0] for row in found if row[1]} == {str(lead) for lead in books.duplicates} - gone(company)
    assert {row[0] for row in found if row[2]} == {str(lead) for lead in books.tests} - gone(company)
    assert {row[3] for row in found} == {"amocrm"}
    assert {str(lead) for lead in books.restored} <= {row[0] for row in found}
    assert len(gone(company)) == len(books.deleted) - len(books.restored) > 20


def test_a_deleted_lead_stands_in_no_table_about_leads(living: Built, company: LivingCompany) -> None:
    columns = living.query(
        "select table_name, column_name from information_schema.columns "
        "where table_schema = 'marts' and column_name in ('lead_id', 'deal_id', 'person_id')"
    )
    names = gone(company) | {f"lead:{lead}" for lead in gone(company)}
    found = {
        (table, column): {key for (key,) in living.query(f"select distinct {column} from marts.{table}")} & names
        for table, column in columns
    }
    assert len(found) > 15
    assert {place: keys for place, keys in found.items() if keys} == {}


def test_merged_cards_are_one_person_and_a_lead_whose_card_is_gone_has_its_own(
    living: Built, company: LivingCompany
) -> None:
    world, books = company.world, company.crm_books
    leads = world.company.leads
    deleted = {str(card) for card in books.deleted_contacts}
    expected = {}
    for n in np.flatnonzero(stays(company)).tolist():
        card = world.person_ids[leads.person[n]]
        has_none = world.is_lost_contact[n] or card in deleted
        expected[world.lead_ids[n]] = f"lead:{world.lead_ids[n]}" if has_none else card
    found = dict(living.query("select lead_id, person_id from marts.fct_leads where lead_id < '190000'"))
    assert found == expected
    on_record = {row[0] for row in living.query("select person_id from marts.dim_people where is_on_record")}
    carded = np.flatnonzero(~leads.is_branch & ~world.is_lost_contact)
    cards = {world.person_ids[n] for n in leads.person[carded].tolist()} - deleted
    assert on_record == cards
    several = {str(card) for card in books.several_cards}
    changes = living.query("select merged_into, rule from marts.rpt_identity_changes where applies_to = 'person'")
    assert sorted(changes) == [(min(several), "phone")] * (len(several) - 1)
    assert len(books.merged) > 0
    assert not on_record & {str(card) for card in books.merged}


def test_answers_stand_from_the_instant_at_which_they_were_given(living: Built, company: LivingCompany) -> None:
    world = company.world
    answers, leads = world.sales.answers, world.company.leads
    at = np.maximum(answers.answered_at, leads.created_at[answers.lead])
    told = (answers.level >= 0) & stays(company)[answers.lead]
    expected = {
        (world.lead_ids[lead], CRITERIA[criterion], ("no", "partly", "yes")[level], instant)
        for lead, criterion, level, instant in zip(
            answers.lead[told].tolist(),
            answers.criterion[told].tolist(),
            answers.level[told].tolist(),
            at[told].astype("datetime64[s]").astype(object),
            strict=True,
        )
    }
    with duckdb.connect(str(living.home / "warehouse" / "onefunnel.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select lead_id, criterion, level, answered_at from contracts.scoring_answers"
        ).fetchall()
    assert len(found) == len(expected) == int(told.sum())
    assert set(found) == expected
    assert len(company.crm_books.late_answers) > 0


# deals and money


def net(gross: int) -> int:
    """Without the VAT of 20 % inside, which is rounded half up."""
    return gross - (2 * gross + 6) // 12


def test_deals_have_the_worlds_instants_and_money(living: Built, company: LivingCompany) -> None:
    deals, keys = company.world.sales.deals, deal_keys(company)
    found = living.query(
        "select deal_id, won_at, status, amount_minor, amount_vat_minor, currency from marts.fct_deals"
    )
    assert {row[0] for row in found} == set(keys.values())
    won = {keys[n]: at for n, at in happened(deals.won_at).items() if n in keys}
    assert {row[0]: row[1] for row in found if row[1] is not None} == won
    assert {row[0] for row in found if row[2] == "won"} == won.keys()
    lost = {
        keys[n] for n in happened(np.where(np.isnat(deals.won_at), deals.lost_at, np.datetime64("NaT"))) if n in keys
    }
    assert {row[0] for row in found if row[2] == "lost"} == lost
    gross = {keys[n]: int(deals.amount[n]) for n in keys}
    assert {row[0]: (row[3], row[3] + row[4], row[5]) for row in found if row[2] == "won"} == {
        key: (net(gross[key]), gross[key], "RUB") for key in won
    }


def test_deals_are_paid_and_refunded_as_the_bank_says(living: Built, company: LivingCompany) -> None:
    payments, keys = company.world.sales.payments, deal_keys(company)
    paid: Counter[str] = Counter()
    refunded: Counter[str] = Counter()
    first: dict[str, datetime] = {}
    for deal, at, amount in zip(
        payments.deal.tolist(),
        payments.paid_at.astype("datetime64[s]").astype(object),
        payments.amount.tolist(),
        strict=True,
    ):
        if deal not in keys:
            continue
        key = keys[deal]
        if amount > 0:
            paid[key] += net(amount)
            first[key] = min(at, first.get(key, at))
        else:
            refunded[key] += net(-amount)
    found = living.query("select deal_id, paid_at, paid_minor, refunded_minor from marts.fct_deals")
    assert {row[0]: row[1] for row in found if row[1] is not None} == first
    assert {row[0]: row[2] for row in found if row[2]} == dict(paid)
    assert {row[0]: row[3] for row in found if row[3]} == dict(refunded)
    assert len(refunded) > 3


def test_stages_were_entered_as_often_as_the_world_says(living: Built, company: LivingCompany) -> None:
    world, books = company.world, company.crm_books
    log, deals = world.sales.stage_events, world.sales.deals
    in_crm = np.where(log.lead >= 0, stays(company)[log.lead], ~deals.is_branch[log.deal])
    entered = {stage: int((in_crm & (log.stage == number)).sum()) for number, stage in enumerate(STAGES)}
    outcomes, still = world.sales.outcomes, stays(company)
    again = sum(str(lead) not in gone(company) for lead in books.twice_handed)
    second = np.flatnonzero((deals.lead < 0) & ~deals.is_branch)
    created, won_at = deals.created_at[second], deals.won_at[second]
    # a second deal begins as confirmed, and its proposal is written half-way to the contract, or after five days
    is_won = ~np.isnat(won_at)
    proposed = np.where(is_won, created + (won_at - created) // 2, created + np.timedelta64(5, "D")) < ENDS_AT
    copies = [str(lead) for lead in (*books.duplicates, *books.tests) if str(lead) not in gone(company)]
    expected = {
        STAGE_NAMES["new"]: entered["lead"] + len(copies),
        STAGE_NAMES["qualified"]: entered["mql"],
        STAGE_NAMES["handed_over"]: int((~np.isnat(outcomes.handed_at) & still).sum()) + again,
        STAGE_NAMES["confirmed"]: entered["sql"] + len(second),
        STAGE_NAMES["proposal"]: entered["proposal"] + int(proposed.sum()),
        STAGE_NAMES["signed"]: entered["won"],
        STAGE_NAMES["returned"]: entered["returned"],
        "142": entered["paid"],
        # what is left of doubles and tests was closed
        "143": entered["lost"] + len(copies),
    }
    found = dict(
        living.query(
            "select source_stage, count(*) from marts.fct_stage_events where stage <> 'sql_candidate' group by all"
        )
    )
    accepted = found.pop(STAGE_NAMES["accepted"])
    assert found == expected
    assert 0 < accepted <= found[STAGE_NAMES["handed_over"]]
    assert living.query("select * from marts.rpt_unmapped_stages") == []


def test_calls_are_those_of_the_reps_and_those_of_deleted_leads_are_gone(living: Built, company: LivingCompany) -> None:
    contacts = company.world.sales.contacts
    calls = (contacts.kind == 0) & stays(company)[contacts.lead]
    found = living.query(
        "select count(*), cast(sum(talk_seconds) as bigint), count(*) filter (outcome = 'answered') from marts.fct_touches "
        "where kind = 'call' and source_system = 'amocrm'"
    )
    assert found == [
        (int(calls.sum()), int(contacts.talk_seconds[calls].sum()), int((calls & contacts.is_answered).sum()))
    ]
    assert int(calls.sum()) < int((contacts.kind == 0).sum())


# advertising and visits


def delivered(company: LivingCompany, platform: str) -> dict[date, int]:
    """Day → kopecks without VAT, as they are when nothing is restated any more."""
    delivery = company.world.journeys.delivery
    spent: Counter[date] = Counter()
    for campaign, day, cost in zip(delivery.campaign.tolist(), delivery.day, delivery.cost.tolist(), strict=True):
        if company.world.company.campaigns[campaign].platform == platform:
            spent[day.astype("datetime64[D]").astype(object)] += cost
    return dict(+spent)


def test_spend_is_the_cabinets_after_its_restatements(living: Built, company: LivingCompany) -> None:
    """Law 2. Invalid clicks are given back until the fourth morning after their day, so the last days may still have some."""
    found = living.query(
        "select platform, account_id, date_on, cast(sum(cost_net_minor) as bigint) from marts.fct_ad_performance_daily "
        "group by all having sum(cost_net_minor) <> 0"
    )
    assert {row[:2] for row in found} == {("yandex_direct", "sv-direct"), ("vk_ads", "sv-vk")}
    assert living.query("select distinct currency from marts.fct_ad_performance_daily") == [("RUB",)]
    assert {row[2]: row[3] for row in found if row[0] == "vk_ads"} == delivered(company, "vk_ads")
    direct, expected = (
        {row[2]: row[3] for row in found if row[0] == "yandex_direct"},
        delivered(company, "yandex_direct"),
    )
    settled = MORNINGS[-1].date() - timedelta(days=4)
    assert direct.keys() == expected.keys()
    assert {day: cost for day, cost in direct.items() if day <= settled} == {
        day: cost for day, cost in expected.items() if day <= settled
    }
    surplus = sum(cost - expected[day] for day, cost in direct.items() if day > settled)
    assert all(cost >= expected[day] for day, cost in direct.items())
    assert 0 <= surplus < company.direct_books.invalid_kopecks


def test_some_spend_was_restated_between_the_mornings(living: Built, company: LivingCompany) -> None:
    """So that the test above has something to see: the pull that first covered a day told more than the mart holds."""
    with duckdb.connect(str(living.home / "warehouse" / "onefunnel.duckdb"), read_only=True) as connection:
        first = connection.execute(
            "with told as (select date, pull, sum(cast(costwithoutvat as decimal(18, 2))) as cost "
            "from raw_yandex_direct.performance_daily where date >= '2026-05-25' group by all) "
            "select date, min_by(cost, pull) from told group by date"
        ).fetchall()
    expected = delivered(company, "yandex_direct")
    more = [day for day, cost in first if cost * 100 > expected[date.fromisoformat(day)]]
    assert len(more) >= 3


def test_visits_of_a_day_are_the_worlds_without_robots(living: Built, company: LivingCompany) -> None:
    sessions = company.world.journeys.sessions
    days = moscow_days(sessions.started_at)
    # a visit is taken back on the third morning after its day
    assert days[sessions.is_bot].max() < np.datetime64(MORNINGS[-1].date() - timedelta(days=3))
    expected = Counter(days[~sessions.is_bot].astype(object).tolist())
    found = living.query(
        "select cast(occurred_at + interval 3 hour as date), count(*) from marts.fct_touches "
        "where kind = 'visit' and source_system = 'yandex_metrika' group by all"
    )
    assert dict(found) == expected
    assert len(company.metrika_books.robots) == int(sessions.is_bot.sum()) > 100


def test_goals_are_those_of_the_visits_and_grown_visits_have_one_more(living: Built, company: LivingCompany) -> None:
    """Of days whose visits grow no more: within three mornings after the one that tells of them."""
    sessions = company.world.journeys.sessions
    settled = MORNINGS[-1].date() - timedelta(days=5)
    known = ~sessions.is_bot & (moscow_days(sessions.started_at) <= np.datetime64(settled))
    kinds = ("", "form", "demo_request", "chat", "content_download")
    expected = Counter(kinds[goal] for goal in sessions.goal[known].tolist() if goal)
    place = {visit: n for n, visit in enumerate(visit_ids(len(sessions.lead)))}
    grown = sum(bool(known[place[visit]]) for visit in company.metrika_books.changed)
    expected["content_download"] += grown
    found = living.query(
        "select goals.kind, count(*) from marts.fct_touches as goals "
        "inner join marts.fct_touches as visits on visits.session_id = goals.session_id and visits.kind = 'visit' "
        f"where goals.kind <> 'visit' and cast(visits.occurred_at + interval 3 hour as date) <= date '{settled}' group by all"
    )
    assert dict(found) == expected
    assert grown > 50


def test_the_lake_was_filled_on_all_five_mornings(living: Built) -> None:
    mornings = {morning.date() for morning in MORNINGS}
    found = living.query(
        "select source, stream, list(distinct cast(committed_at + interval 3 hour as date)) from marts.rpt_pulls "
        "where source in ('amocrm', 'yandex_direct', 'yandex_metrika') group by all"
    )
    assert len(found) == 18
    assert {(source, stream): set(days) for source, stream, days in found if set(days) != mornings} == {}


# one figure by hand


def asked_for_leads(company: LivingCompany) -> list[dict[str, Any]]:
    """All leads as amoCRM's list shows them, page by page."""
    leads: list[dict[str, Any]] = []
    for page in range(1, 100):
        answer = requests.get(
            f"{company.crm.url}/api/v4/leads",
            params={"with": "loss_reason", "limit": "250", "page": str(page)},
            headers={"Authorization": f"Bearer {company.crm_token}"},
            timeout=60,
        )
        if answer.status_code == 204:
            break
        answer.raise_for_status()
        leads += answer.json()["_embedded"]["leads"]
    return leads


def asked_for_cost(company: LivingCompany, first: date, last: date) -> int:
    """Kopecks without VAT in Direct's own report of some days; the version before 501 leaves unified campaigns out."""
    report = {
        "SelectionCriteria": {"DateFrom": first.isoformat(), "DateTo": last.isoformat()},
        "FieldNames": ["Date", "Cost"],
        "ReportName": f"cost of {first}",
        "ReportType": "ACCOUNT_PERFORMANCE_REPORT",
        "DateRangeType": "CUSTOM_DATE",
        "Format": "TSV",
        "IncludeVAT": "NO",
        "IncludeDiscount": "NO",
    }
    headers = {
        "Authorization": f"Bearer {company.direct_token}",
        "returnMoneyInMicros": "false",
        "skipReportHeader": "true",
        "skipReportSummary": "true",
    }
    for _ in range(100):
        answer = requests.post(
            f"{company.direct.url}/json/v501/reports", json={"params": report}, headers=headers, timeout=60
        )
        if answer.status_code == 200:
            return sum(int(Decimal(line.split("\t")[1]) * 100) for line in answer.text.splitlines()[1:])
        assert answer.status_code in (201, 202), answer.text
        company.clock.sleep(float(answer.headers["retryIn"]))
    raise AssertionError("the report was never built")


def test_the_cost_per_lead_of_a_month_is_that_of_the_vendors_own_answers(living: Built, company: LivingCompany) -> None:
    """May 2026: what the two cabinets and the cost table say was spent, over the leads that amoCRM lists, without its doubles and
    tests. Nothing of the project but the addresses and names of the simulators is used."""
    company.clock.move_to(MORNINGS[-1])
    first, last = date(2026, 5, 1), date(2026, 5, 31)
    begins = datetime(2026, 5, 1, tzinfo=UTC) - timedelta(hours=3)
    ends = datetime(2026, 6, 1, tzinfo=UTC) - timedelta(hours=3)
    leads = 0
    for lead in asked_for_leads(company):
        is_double = LOSS_REASON_IDS["дубль"] in [reason["id"] for reason in lead["_embedded"]["loss_reason"]]
        is_test = TEST.field_id in [field["field_id"] for field in lead["custom_fields_values"] or []]
        leads += begins.timestamp() <= lead["created_at"] < ends.timestamp() and not is_double and not is_test

    with (living.home / "exports" / "vk_ads_daily.csv").open(encoding="utf-8", newline="") as file:
        vk = [row for row in csv.DictReader(file) if row["date"].startswith("2026-05")]
    with Path("demo/company/definitions/costs.csv").open(encoding="utf-8", newline="") as file:
        entries = [row for row in csv.DictReader(file) if row["started_on"] == "2026-05-01"]
    marketing = [row for row in entries if row["team"] == "marketing"]
    assert {row["ended_on"] for row in marketing} == {"2026-05-31"}
    assert {row["currency"] for row in marketing} == {"RUB"}
    cost = (
        asked_for_cost(company, first, last)
        + sum(int(Decimal(row["spent"]) * 100) for row in vk)
        + sum(int(Decimal(row["amount"]) * 100) for row in marketing)
    )
    assert leads > 50
    found = living.query(
        "select numerator, denominator, currency from marts.rpt_kpi_values "
        "where kpi = 'cpl' and variant = 'default' and period = '2026-05' and segment = '(all)'"
    )
    assert found == [(cost, leads, "RUB")]


# contacts and secrets

PHONE = re.compile(rb"900[ )-]{0,2}(00\d)[ -]?(\d\d)[ -]?(\d\d)(?!\d)")
BEFORE_PHONE = re.compile(rb"(?:^|[^\d+])(?:[+]?[78][ (-]{0,2})?$")
EMAIL = re.compile(rb"contact\d+(?:@|%40|\\u0040)")
NAMES = [text.encode() for text in (*SURNAMES, *(word + end for word in COMPANY_WORDS for end in COMPANY_ENDS))]


def contacts_in(content: bytes) -> set[str]:
    """Phones of the company's people in any notation, their addresses, their surnames and the names of their companies; names also
    as JSON writes them in ASCII. No phone but theirs begins with 900 00."""
    if rb"\u04" in content:
        content += re.sub(rb"\\u(04[0-9a-f]{2})", lambda match: chr(int(match[1], 16)).encode(), content)
    phones = [
        match
        for match in PHONE.finditer(content)
        if BEFORE_PHONE.search(content[max(0, match.start() - 6) : match.start()])
    ]
    hits = [match[0] for match in (*phones, *EMAIL.finditer(content))] + [name for name in NAMES if name in content]
    return {hit.decode() for hit in hits}


def contents_of(file: Path) -> Iterator[bytes]:
    """What a file holds, unpacked: columns of Parquet and tables of DuckDB are compressed, a workbook is an archive."""
    if file.suffix == ".parquet":
        table = pq.read_table(file, partitioning=None)
        for column in table.columns:
            texts = column.cast("string").unique().to_pylist()
            yield "\n".join(text for text in texts if text).encode()
    elif file.suffix == ".duckdb":
        with duckdb.connect(str(file), read_only=True) as connection:
            columns = connection.execute(
                "select c.table_schema, c.table_name, c.column_name from information_schema.columns as c "
                "inner join information_schema.tables as t using (table_schema, table_name) where t.table_type = 'BASE TABLE'"
            ).fetchall()
            for schema, table, column in columns:
                values = connection.execute(
                    f'select distinct cast("{column}" as varchar) from "{schema}"."{table}" where "{column}" is not null'
                ).fetchall()
                yield "\n".join(value for (value,) in values).encode()
        yield file.read_bytes()
    elif file.suffix == ".xlsx":
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                yield archive.read(name)
    else:
        yield file.read_bytes()


@pytest.mark.parametrize(
    "text",
    ["8 (900) 000-12-34", "+79000001234", "79000001234", "9000001234", "contact7@example.com", "email=contact7%40example.com",
     "Анна Борейко", "Борейко Анна", "АльфаСклад-1", '"name":"\\u0410\\u043d\\u043d\\u0430 \\u0411\\u043e\\u0440\\u0435\\u0439\\u043a\\u043e"'],
)  # fmt: skip
def test_the_scan_sees_contacts_in_every_notation(text: str) -> None:
    assert contacts_in(f"before {text} after".encode()) != set()


def test_the_scan_knows_everybody_in_the_company(company: LivingCompany) -> None:
    world = company.world
    for known in (world.phones, world.emails, world.names, world.account_names):
        assert all(contacts_in(text.encode()) for text in known)


def test_no_contact_and_no_secret_is_in_clear_anywhere_in_the_home(living: Built, company: LivingCompany) -> None:
    """Lake, warehouse, published files, reports, models, dbt's and Dagster's own files, and what the command printed."""
    secrets = [token.encode() for token in company.tokens.values()]
    assert all(len(secret) > 20 for secret in secrets)
    leaks: list[tuple[str, str]] = []
    scanned: Counter[str] = Counter()
    for file in living.home.rglob("*"):
        if not file.is_file() or file.is_symlink():
            continue
        scanned[file.relative_to(living.home).parts[0]] += 1
        for content in contents_of(file):
            found = contacts_in(content) | {"a token" for secret in secrets if secret in content}
            leaks += [(str(file.relative_to(living.home)), hit) for hit in found]
    assert leaks == []
    assert {"lake", "warehouse", "published", "reports", "dagster", "dbt"} <= scanned.keys()
    assert scanned["lake"] > 150
    printed = living.printed.encode()
    assert contacts_in(printed) == set()
    assert not any(secret in printed for secret in secrets)
