"""Two accounts of Yandex Direct and a counter of Metrika through their simulators and connectors into the marts, on two mornings;
spend is compared with the cabinet's own answers, summed apart, and every other expected row is worked by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import requests

from demo.simulators.amocrm import AmoCrm, text_field
from demo.simulators.yandex_direct import YandexDirect
from demo.simulators.yandex_metrika import YandexMetrika
from orchestration.binding import bind, fix_build
from orchestration.clock import FixedClock
from orchestration.connectors import api_sources
from orchestration.defs.transform import NOT_IN_A_BUILD, dbt_of
from orchestration.pipeline import Pipeline
from orchestration.settings import DEFAULT_DEFINITIONS, Settings, load_settings

FIRST_MORNING = datetime(2026, 3, 10, 3, tzinfo=UTC)
SECOND_MORNING = FIRST_MORNING + timedelta(days=1)
BEFORE = datetime(2026, 3, 9, 21, tzinfo=UTC)
BETWEEN = FIRST_MORNING + timedelta(hours=6)
SINCE = date(2026, 3, 5)
COUNTER = 44147844
CURRENCIES = {"shop": "RUB", "export": "USD"}
TABLES = {"fct_ad_performance_daily": "marts", "fct_touches": "marts", "campaigns": "contracts"}
"""What is looked at, with its schema."""
CONFIGURATION = """\
company: Yandex
time_zone: Europe/Moscow
reporting_currency: RUB
definitions: definitions
sources:
  - {{type: amocrm, account: company, since: 2026-03-01, base_url: "{crm}"}}
  - {{type: yandex_direct, account: shop, since: {since}, goals: [20002, 20003], base_url: "{direct}"}}
  - {{type: yandex_direct, account: export, since: {since}, base_url: "{direct}"}}
  - {{type: yandex_metrika, counter: {counter}, since: {since}, base_url: "{metrika}"}}
"""
GOALS = "yandex_metrika,goal,20002,kind,,form,2000-01-01,2026-01-01,marketing,sales\n"

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Mornings:
    """What was built each morning, and of the first one again after the second, and the spend that the cabinet answered on
    both: account, day and currency → minor units without and with VAT."""

    first: dict[str, Rows]
    second: dict[str, Rows]
    first_again: dict[str, Rows]
    spend: list[dict[tuple[str, date, str], tuple[int, int]]]


def ad_day(campaign: int, ad: int, clicks: int, spent: str, conversions: dict[tuple[str, str], int]) -> dict[str, Any]:
    return {
        "CampaignId": campaign, "AdGroupId": 8001, "AdId": ad, "Impressions": 100 * clicks, "Clicks": clicks,
        "Cost": int(Decimal(spent) * 1_000_000), "Conversions": conversions,
    }  # fmt: skip


def fill_direct(direct: YandexDirect) -> None:
    def campaign(number: int, name: str, login: str) -> None:
        facts = {"Type": "TEXT_CAMPAIGN", "State": "ON", "Status": "ACCEPTED", "StartDate": "2026-01-01"}
        whole = {"Id": number, "Name": name, "Currency": CURRENCIES[login], **facts}
        direct.put_campaign(BEFORE, whole, login=login)

    for login in CURRENCIES:
        direct.put_token(f"token-of-{login}", login)
    campaign(7001, "Search", "shop")
    campaign(7002, "Network", "shop")
    campaign(7101, "Abroad", "export")
    direct.put_ad_group(BEFORE, {"Id": 8001, "CampaignId": 7001, "Name": "All"}, login="shop")
    tags = "https://shop.example/?utm_source=yandex&utm_medium=cpc&utm_campaign={campaign_id}&utm_content={ad_id}"
    for ad in (9001, 9002):
        whole = {"Id": ad, "CampaignId": 7001, "AdGroupId": 8001, "Type": "TEXT_AD", "TextAd": {"Href": tags}}
        direct.put_ad(BEFORE, whole, login="shop")

    def put(known_at: datetime, day: int, login: str, *rows: dict[str, Any]) -> None:
        direct.put_day(known_at, date(2026, 3, day), rows, login=login)

    goals = {("20002", "LSCCD"): 2, ("20003", "LSCCD"): 1}
    put(BEFORE, 6, "shop", ad_day(7001, 9001, 3, "33.33", goals), ad_day(7001, 9002, 2, "20.00", {}))
    put(BEFORE, 7, "shop", ad_day(7001, 9001, 4, "41.07", {}), ad_day(7002, 9003, 1, "10.01", {}))
    put(BEFORE, 8, "shop", ad_day(7002, 9003, 9, "90.90", {}))
    put(BEFORE, 8, "export", ad_day(7101, 9101, 1, "1.23", {}))
    # a cost corrected, a day that turned out empty, a new day, a campaign that is deleted
    put(BETWEEN, 7, "shop", ad_day(7001, 9001, 3, "30.05", {}), ad_day(7002, 9003, 1, "10.01", {}))
    put(BETWEEN, 8, "export")
    put(BETWEEN, 10, "shop", ad_day(7001, 9002, 5, "50.50", {}))
    direct.delete("campaigns", 7002, BETWEEN, login="shop")


def fill_metrika(metrika: YandexMetrika) -> None:
    zone = {"time_zone_name": "Europe/Moscow"}
    metrika.put_counter({"id": COUNTER, "name": "Shop", "site": "shop.example", "status": "Active", **zone}, BEFORE)
    click = {
        "visitID": 1, "clientID": 501, "dateTimeUTC": "2026-03-08 07:02:11", "lastTrafficSource": "ad",
        "lastAdvEngine": "ya_direct", "lastDirectClickOrder": 7001, "startURL": "https://shop.example/?yclid=1",
    }  # fmt: skip
    searched = {
        "visitID": 2, "clientID": 502, "dateTimeUTC": "2026-03-08 08:00:00", "lastTrafficSource": "organic",
        "lastSearchEngine": "google", "referer": "https://www.google.com/",
    }  # fmt: skip
    metrika.put_visit(COUNTER, click, BEFORE)
    metrika.put_visit(COUNTER, searched, BEFORE)
    # the visit went on, and the other one was a robot's
    reached = {"goalsID": [20002, 20009], "goalsDateTime": ["2026-03-08 10:04:00", "2026-03-08 10:09:13"]}
    metrika.put_visit(COUNTER, {**click, **reached}, BETWEEN)
    metrika.delete_visit(COUNTER, 2, BETWEEN)


def answered_spend(direct: YandexDirect) -> dict[tuple[str, date, str], tuple[int, int]]:
    """What the cabinet answers to one question about all days, without the connector. Asked by ad, because it rounds each row
    of a report."""
    sums: dict[tuple[str, date, str], list[int]] = defaultdict(lambda: [0, 0])
    for login, currency in CURRENCIES.items():
        for place, vat in enumerate(("NO", "YES")):
            params = {
                "SelectionCriteria": {"DateFrom": SINCE.isoformat(), "DateTo": "2026-03-11"},
                "FieldNames": ["Date", "AdId", "Cost"], "ReportName": f"asked by a test {vat} {direct.now}",
                "ReportType": "CUSTOM_REPORT", "DateRangeType": "CUSTOM_DATE", "Format": "TSV",
                "IncludeVAT": vat, "IncludeDiscount": "NO",
            }  # fmt: skip
            answer = requests.post(
                f"{direct.url}/json/v501/reports",
                json={"params": params},
                headers={
                    "Authorization": f"Bearer token-of-{login}",
                    "returnMoneyInMicros": "false",
                    "skipReportHeader": "true",
                    "skipReportSummary": "true",
                },
                timeout=30,
            )
            assert answer.status_code == 200
            names, *lines = answer.text.splitlines()
            assert names == "Date\tAdId\tCost"
            for day, _, cost in (line.split("\t") for line in lines):
                sums[login, date.fromisoformat(day), currency][place] += int(Decimal(cost) * 100)
    return {key: (net, gross) for key, (net, gross) in sums.items()}


def pull(settings: Settings, clock: FixedClock) -> None:
    """All streams of the configuration into the lake, by the run's own assets."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONEFUNNEL_NO_CODE_LOCATION", "1")
        from orchestration.definitions import build_definitions
    definitions = build_definitions(settings, clock=clock)
    lake = [key for key in definitions.resolve_asset_graph().get_all_asset_keys() if key.path[0] == "lake"]
    job = definitions.resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        assert job.execute_in_process(instance=instance, asset_selection=lake).success


def built_of(settings: Settings, clock: FixedClock, as_of: datetime | None = None) -> dict[str, Rows]:
    """What is built of what was pulled by now, or by an instant."""
    pipeline = Pipeline(settings, as_of, clock)
    sources = {source.type for source in api_sources(settings)}
    bind(pipeline.warehouse, pipeline.lake, fix_build(pipeline.lake, clock, sources, as_of, logs=sources), settings)
    # a test that also asks a mart which is not built here cannot run
    chosen = ["--indirect-selection", "cautious", "--select", *(f"+{name}" for name in TABLES)]
    results = dbt_of(settings).build(pipeline.warehouse, [*NOT_IN_A_BUILD, *chosen])
    assert [f"{result.name}: {result.message}" for result in results if not result.is_good] == []
    rows = {
        name: pipeline.warehouse.arrow(f"select * from {schema}.{name} order by 1").to_pylist()
        for name, schema in TABLES.items()
    }
    return {name: [{**row, "build_id": None} for row in table] for name, table in rows.items()}


@pytest.fixture(scope="module")
def mornings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mornings]:
    clock = FixedClock(FIRST_MORNING)
    folder = tmp_path_factory.mktemp("yandex")
    (folder / "definitions").mkdir()
    field_map = (DEFAULT_DEFINITIONS / "field_map.csv").read_text(encoding="utf-8")
    (folder / "definitions" / "field_map.csv").write_text(field_map + GOALS, encoding="utf-8")
    with ExitStack() as stack:
        crm, direct, metrika = AmoCrm(clock), YandexDirect(clock), YandexMetrika(clock)
        for simulator in (crm, direct, metrika):
            stack.enter_context(simulator)
        fill_direct(direct)
        fill_metrika(metrika)
        crm.put_pipeline(BEFORE, 7, {71: "Новый лид"})
        client = text_field(5502, "_ym_uid", "501", type_="tracking_data", code="_YM_UID")
        crm.put_lead(BEFORE, 100, pipeline_id=7, status_id=71, custom_fields_values=[client])
        settings = load_settings(
            _written(folder, crm=crm.url, direct=direct.url, metrika=metrika.url),
            home=folder / "home",
            environment={
                "ONEFUNNEL_CONTACT_KEY": "made-up people, so the key is no secret",
                "ONEFUNNEL_AMOCRM_TOKEN": crm.long_lived_token(FIRST_MORNING + timedelta(days=365)),
                "ONEFUNNEL_YANDEX_DIRECT_TOKEN": "token-of-shop",
                "ONEFUNNEL_YANDEX_DIRECT_TOKEN_EXPORT": "token-of-export",
                "ONEFUNNEL_YANDEX_METRIKA_TOKEN": metrika.token,
            },
        )
        spend, built = [], []
        for morning in (FIRST_MORNING, SECOND_MORNING):
            clock.move_to(morning)
            spend.append(answered_spend(direct))
            pull(settings, clock)
            built.append(built_of(settings, clock))
        yield Mornings(*built, built_of(settings, clock, FIRST_MORNING + timedelta(hours=1)), spend)


def _written(folder: Path, **urls: str) -> Path:
    file = folder / "onefunnel.yml"
    file.write_text(CONFIGURATION.format(since=SINCE, counter=COUNTER, **urls), encoding="utf-8")
    return file


def spend_in(rows: Rows) -> dict[tuple[str, date, str], tuple[int, int]]:
    sums: dict[tuple[str, date, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        total = sums[row["account_id"], row["date_on"], row["currency"]]
        total[0] += row["cost_net_minor"]
        total[1] += row["cost_gross_minor"]
    return {key: (net, gross) for key, (net, gross) in sums.items()}


@pytest.mark.parametrize("morning", [0, 1])
def test_spend_in_the_marts_is_what_the_cabinet_answers_an_account_day_and_currency(
    mornings: Mornings, morning: int
) -> None:
    built = (mornings.first, mornings.second)[morning]
    assert spend_in(built["fct_ad_performance_daily"]) == mornings.spend[morning]


def test_a_corrected_cost_an_emptied_day_and_a_new_one_reach_the_marts_on_the_second_morning(
    mornings: Mornings,
) -> None:
    # 30.05 + 10.01 roubles on the seventh; with VAT of 20 %: 36.06 + 12.01 (12.012 in kopecks)
    second = spend_in(mornings.second["fct_ad_performance_daily"])
    assert second["shop", date(2026, 3, 7), "RUB"] == (4006, 4807)
    assert second["shop", date(2026, 3, 10), "RUB"] == (5050, 6060)
    assert spend_in(mornings.first["fct_ad_performance_daily"])["export", date(2026, 3, 8), "USD"] == (123, 148)
    assert ("export", date(2026, 3, 8), "USD") not in second


def test_the_first_morning_built_again_after_the_second_is_the_first_morning(mornings: Mornings) -> None:
    assert mornings.first_again == mornings.first
    assert mornings.first != mornings.second


def test_a_deleted_campaign_keeps_its_name_and_the_currency_of_its_costs(mornings: Mornings) -> None:
    campaigns = {row["campaign_id"]: row for row in mornings.second["campaigns"]}
    assert {key: row["campaign_name"] for key, row in campaigns.items()} == {
        "7001": "Search",
        "7002": "Network",
        "7101": "Abroad",
    }
    of_7002 = [row for row in mornings.second["fct_ad_performance_daily"] if row["campaign_id"] == "7002"]
    assert [(row["date_on"].day, row["cost_net_minor"], row["currency"]) for row in of_7002] == [
        (7, 1001, "RUB"),
        (8, 9090, "RUB"),
    ]
    assert {key: (row["utm_campaign"], row["utm_content"]) for key, row in campaigns.items()} == {
        "7001": ("7001", None),
        "7002": (None, None),
        "7101": (None, None),
    }


def test_the_cabinet_claims_the_sum_of_its_goals(mornings: Mornings) -> None:
    claimed = {
        (row["ad_id"], row["date_on"].day): row["claimed_conversions"]
        for row in mornings.second["fct_ad_performance_daily"]
    }
    assert claimed["9001", 6] == 3
    assert claimed["9002", 6] is None


def touches_in(rows: Rows) -> list[tuple[Any, ...]]:
    names = ("touch_id", "occurred_at", "kind", "channel", "campaign_id", "person_id", "outcome")
    return [tuple(row[name] for name in names) for row in rows]


def test_a_visit_that_went_on_gains_its_goals_and_a_robots_is_taken_back(mornings: Mornings) -> None:
    def at(hour: int, minute: int, second: int = 0) -> datetime:
        return datetime(2026, 3, 8, hour, minute, second)

    visit = ("yandex_metrika|1", at(7, 2, 11), "visit", "paid_search", "7001", "lead:100", None)
    robot = ("yandex_metrika|2", at(8, 0), "visit", "organic_search", None, None, None)
    assert touches_in(mornings.first["fct_touches"]) == [visit, robot]
    assert touches_in(mornings.second["fct_touches"]) == [
        visit,
        ("yandex_metrika|1|20002|1", at(7, 4), "form", "paid_search", "7001", "lead:100", "submitted"),
        ("yandex_metrika|1|20009|1", at(7, 9, 13), "touch", "paid_search", "7001", "lead:100", "submitted"),
    ]
