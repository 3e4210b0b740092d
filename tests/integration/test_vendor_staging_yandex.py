"""Two accounts of Yandex Direct and a counter of Metrika through their simulators and connectors into the marts, on two mornings;
spend is compared with the cabinet's own answers, summed apart, and every other expected row is worked by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
import yaml

from demo.simulators.amocrm import AmoCrm, text_field
from demo.simulators.yandex_direct import YandexDirect
from orchestration.binding import bind, fix_build
from orchestration.clock import FixedClock
from orchestration.connectors import api_sources
from orchestration.defs.transform import NOT_IN_A_BUILD, dbt_of
from orchestration.pipeline import Pipeline
from orchestration.settings import DEFAULT_DEFINITIONS, Settings, load_settings
from tests.integration.vendor_lake import pull
from tests.integration.yandex_vendors import (
    BEFORE,
    CURRENCIES,
    FIRST_MORNING,
    SECOND_MORNING,
    SINCE,
    YandexVendors,
)

TABLES = {"fct_ad_performance_daily": "marts", "fct_touches": "marts", "campaigns": "contracts"}
"""What is looked at, with its schema."""

GOAL_KINDS = "yandex_metrika,goal,20002,kind,,form,2000-01-01,2026-01-01,marketing,sales\n"
"""A row of the definition field_map: one goal is a form, nothing is said of the other."""

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Mornings:
    """What was built each morning, and of the first one again after the second, and the spend that the cabinet answered on
    both: account, day and currency → minor units without and with VAT."""

    first: dict[str, Rows]
    second: dict[str, Rows]
    first_again: dict[str, Rows]
    spend: list[dict[tuple[str, date, str], tuple[int, int]]]


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
    (folder / "definitions" / "field_map.csv").write_text(field_map + GOAL_KINDS, encoding="utf-8")
    with ExitStack() as stack:
        yandex = YandexVendors.started(stack, clock)
        crm = AmoCrm(clock)
        stack.enter_context(crm)
        crm.put_pipeline(BEFORE, 7, {71: "Новый лид"})
        client = text_field(5502, "_ym_uid", "501", type_="tracking_data", code="_YM_UID")
        crm.put_lead(BEFORE, 100, pipeline_id=7, status_id=71, custom_fields_values=[client])
        amocrm = {"type": "amocrm", "account": "company", "since": SINCE, "base_url": crm.url}
        configuration = {
            "company": "Yandex", "time_zone": "Europe/Moscow", "reporting_currency": "RUB", "definitions": "definitions",
            "sources": [amocrm, *yandex.sources],
        }  # fmt: skip
        file = folder / "onefunnel.yml"
        file.write_text(yaml.safe_dump(configuration), encoding="utf-8")
        environment = {
            **yandex.environment,
            "ONEFUNNEL_CONTACT_KEY": "made-up people, so the key is no secret",
            "ONEFUNNEL_AMOCRM_TOKEN": crm.long_lived_token(FIRST_MORNING + timedelta(days=365)),
        }
        settings = load_settings(file, home=folder / "home", environment=environment)
        spend, built = [], []
        for morning in (FIRST_MORNING, SECOND_MORNING):
            clock.move_to(morning)
            spend.append(answered_spend(yandex.direct))
            pull(settings, clock)
            built.append(built_of(settings, clock))
        yield Mornings(*built, built_of(settings, clock, FIRST_MORNING + timedelta(hours=1)), spend)


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
