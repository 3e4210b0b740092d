"""Three vendors' simulators on one clock, pulled by the run's own assets into the lake and shown as raw relations."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow.parquet as pq
import pytest
from starlette.responses import Response

from demo.simulators.amocrm import AmoCrm, Rules, multitext
from demo.simulators.server import Fault, Simulator
from demo.simulators.yandex_direct import YandexDirect
from demo.simulators.yandex_metrika import YandexMetrika
from orchestration.clock import FixedClock
from orchestration.connectors import STREAMS, api_sources, give_consent, obstacle
from orchestration.defs.quality import vendor_suites, write_expectations
from orchestration.doctor import obstacles
from orchestration.landing import Lake
from orchestration.pipeline import Pipeline
from orchestration.settings import AmoCrm as AmoCrmSource
from orchestration.settings import Settings, load_settings
from orchestration.sources.api.http import ApiError

MORNING = datetime(2026, 3, 10, 6, tzinfo=UTC)
EARLIER = datetime(2026, 3, 9, 12, tzinfo=UTC)
PHONE, EMAIL, PERSON = "+7 900 000-00-01", "anna@example.com", "Анна Примерова"
DIRECT_TOKEN, METRIKA_TOKEN = "direct-token-of-a-test", "metrika-token-of-a-test"

CONFIGURATION = """\
company: Vendors
time_zone: Europe/Moscow
reporting_currency: RUB
sources:
  - {{type: amocrm, account: company, since: 2026-03-01, has_customers: true, base_url: "{crm}"}}
  - {{type: yandex_direct, account: shop, since: 2026-03-07, base_url: "{direct}"}}
  - {{type: yandex_metrika, counter: 44147844, since: 2026-03-07, base_url: "{metrika}"}}
"""


@dataclass
class Vendors:
    """The simulators, what a company configured, and its home."""

    clock: FixedClock
    crm: AmoCrm
    direct: YandexDirect
    metrika: YandexMetrika
    settings: Settings

    def run(self, as_of: str | None = None, *, only: str | None = None) -> dg.ExecuteInProcessResult:
        """The assets from the vendors to the raw relations, as the daily job runs them; or those of one stream."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ONEFUNNEL_NO_CODE_LOCATION", "1")
            from orchestration.definitions import AS_OF_TAG, build_definitions
        definitions = build_definitions(self.settings, clock=self.clock)
        keys = definitions.resolve_asset_graph().get_all_asset_keys()
        wanted = [key for key in keys if key.path[0] == "lake" or key.path[0].startswith("raw_")]
        if only is not None:
            wanted = [key for key in wanted if key.path[0] == "lake" and key.path[-1] == only]
        with dg.DagsterInstance.ephemeral() as instance:
            return definitions.resolve_implicit_global_asset_job_def().execute_in_process(
                instance=instance,
                asset_selection=wanted,
                raise_on_error=False,
                tags={AS_OF_TAG: as_of} if as_of else None,
            )

    def raw(self, sql: str, as_of: datetime | None = None) -> list[dict[str, Any]]:
        return Pipeline(self.settings, as_of, self.clock).warehouse.arrow(sql).to_pylist()

    @property
    def lake(self) -> Lake:
        return Lake(self.settings.lake, self.clock)


@pytest.fixture
def vendors(tmp_path: Path) -> Iterator[Vendors]:
    clock = FixedClock(MORNING)
    with ExitStack() as stack:
        crm, direct, metrika = (
            AmoCrm(clock, rules=Rules(has_customers=True)),
            YandexDirect(clock),
            YandexMetrika(clock, token=METRIKA_TOKEN),
        )
        for simulator in (crm, direct, metrika):
            stack.enter_context(simulator)
        crm.put_user(EARLIER, 1, "Пётр Менеджеров")
        crm.put_pipeline(EARLIER, 7, {71: "Новый лид", 72: "Подтверждён"})
        crm.put_contact(
            EARLIER,
            11,
            name=PERSON,
            custom_fields_values=[multitext(501, "PHONE", PHONE), multitext(502, "EMAIL", EMAIL)],
        )
        crm.put_lead(EARLIER, 100, name=f"{PERSON} {PHONE}", price=25000, pipeline_id=7, status_id=71, contacts=[11])
        direct.put_token(DIRECT_TOKEN, "shop")
        campaign = {
            "Id": 7001,
            "Name": "Brand",
            "Type": "TEXT_CAMPAIGN",
            "State": "ON",
            "Status": "ACCEPTED",
            "Currency": "RUB",
        }
        direct.put_campaign(EARLIER, campaign, login="shop")
        for day in (7, 8):
            direct.put_day(EARLIER, date(2026, 3, day), [ad_day(clicks=day)], login="shop")
        metrika.put_counter(
            {
                "id": 44147844,
                "name": "Shop",
                "site": "shop.example",
                "status": "Active",
                "time_zone_name": "Europe/Moscow",
            },
            EARLIER,
        )
        visit = {"visitID": str(2**63 + 1), "clientID": "1709280131652012345", "dateTimeUTC": "2026-03-08 07:02:11"}
        metrika.put_visit(
            44147844, {**visit, "startURL": f"https://shop.example/?email={EMAIL}", "UTMSource": "yandex"}, EARLIER
        )
        configuration = tmp_path / "onefunnel.yml"
        configuration.write_text(CONFIGURATION.format(crm=crm.url, direct=direct.url, metrika=metrika.url))
        environment = {
            "ONEFUNNEL_CONTACT_KEY": "made-up people, so the key is no secret",
            "ONEFUNNEL_AMOCRM_TOKEN": crm.long_lived_token(MORNING + timedelta(days=365)),
            "ONEFUNNEL_YANDEX_DIRECT_TOKEN": DIRECT_TOKEN,
            "ONEFUNNEL_YANDEX_METRIKA_TOKEN": METRIKA_TOKEN,
        }
        settings = load_settings(configuration, home=tmp_path / "home", environment=environment)
        yield Vendors(clock, crm, direct, metrika, settings)


def ad_day(clicks: int, rubles: int = 100) -> dict[str, Any]:
    return {
        "CampaignId": 7001, "AdGroupId": 8001, "AdId": 9001, "Impressions": 1000, "Clicks": clicks,
        "Cost": rubles * 1_000_000, "Conversions": {},
    }  # fmt: skip


def test_a_first_morning_lands_every_stream_without_a_contact_or_a_token(vendors: Vendors) -> None:
    result = vendors.run()
    assert result.success
    found = {(pull.source, pull.stream) for pull in vendors.lake.pulls()} - {("calendar", "days")}
    known = {(kind, stream.name) for kind, streams in STREAMS.items() for stream in streams}
    assert known == {pull for pull in found if pull[0] in STREAMS}
    (lead,) = vendors.raw("select id, price, status_id, pipeline_id, contact_ids, _key, pull from raw_amocrm.leads")
    assert (lead["id"], lead["price"], lead["status_id"], lead["_key"], lead["pull"]) == (
        "100",
        "25000",
        "71",
        "100",
        1,
    )
    (contact,) = vendors.raw("select * from raw_amocrm.contacts")
    assert [len(contact[name]) for name in contact if name.endswith("_token") and contact[name]] == [32, 32]
    days = vendors.raw('select "Date" as day, "Clicks" as clicks from raw_yandex_direct.performance_daily order by 1')
    assert days == [{"day": "2026-03-07", "clicks": "7"}, {"day": "2026-03-08", "clicks": "8"}]
    (visit,) = vendors.raw(
        'select "visitID" as id, "startURL" as url, "UTMSource" as utm from raw_yandex_metrika.visits'
    )
    assert (visit["id"], visit["utm"]) == ("9223372036854775809", "yandex")
    assert EMAIL not in visit["url"]

    digits = "79000000001"
    secrets = [DIRECT_TOKEN, METRIKA_TOKEN, vendors.settings.environment["ONEFUNNEL_AMOCRM_TOKEN"]]
    wanted = [text.encode() for text in (PHONE, digits, digits[1:], EMAIL, PERSON, *secrets)]
    files = [file for file in vendors.settings.home.rglob("*") if file.is_file()]
    assert len(files) > 50
    leaks = [(file.name, text) for file in files for text in wanted if text in plain(file)]
    assert leaks == []


def plain(file: Path) -> bytes:
    """A file's content, Parquet as text: its pages are compressed."""
    if file.suffix != ".parquet":
        return file.read_bytes()
    return "\n".join(str(row) for row in pq.read_table(file).to_pylist()).encode()


def test_a_second_morning_adds_what_changed_and_the_first_can_still_be_seen(vendors: Vendors) -> None:
    assert vendors.run().success
    first = vendors.clock.now()
    vendors.clock.move_to(MORNING + timedelta(days=1))
    changed = MORNING + timedelta(hours=3)
    vendors.crm.put_lead(changed, 100, status_id=72)
    vendors.crm.delete_contact(changed, 11)
    vendors.direct.put_day(changed, date(2026, 3, 8), [ad_day(clicks=9)], login="shop")
    before = len(vendors.crm.asked)
    assert vendors.run().success
    assert len(vendors.crm.asked) - before < 40

    versions = vendors.raw("select status_id, pull from raw_amocrm.leads order by pull")
    assert versions[0]["status_id"] == "71"
    assert versions[-1]["status_id"] == "72"
    clicks = vendors.raw(
        'select "Clicks" as n, pull from raw_yandex_direct.performance_daily where "Date" = \'2026-03-08\' order by pull'
    )
    assert [row["n"] for row in clicks] == ["8", "9"]
    windows = vendors.raw(
        "select window_from, window_to from raw_landing.pulls where source = 'yandex_direct' and stream = 'performance_daily' order by pull"
    )
    assert windows[0]["window_from"] == windows[1]["window_from"] == "2026-03-07"
    deleted = vendors.raw("select entity_id from raw_amocrm.events where type = 'contact_deleted'")
    assert [row["entity_id"] for row in deleted] == ["11"]

    as_of = first.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    asked = len(vendors.crm.asked)
    assert vendors.run(as_of).success
    assert len(vendors.crm.asked) == asked, "a rebuild of the past asks nobody"
    assert [row["status_id"] for row in vendors.raw("select status_id from raw_amocrm.leads", first)] == ["71"]


def test_a_vendor_that_is_down_is_named_and_the_next_run_completes(vendors: Vendors) -> None:
    vendors.direct.faults.append(Fault("*reports*", "status", status=500, body="<html>", times=None))
    result = vendors.run()
    assert not result.success
    said = " ".join(str(event.event_specific_data) for event in result.all_events if event.is_step_failure)
    assert "yandex_direct" in said
    assert "run again later" in said
    assert DIRECT_TOKEN not in said
    assert vendors.lake.pulls("yandex_metrika", "visits")
    assert not vendors.lake.pulls("yandex_direct", "performance_daily")

    vendors.direct.faults.clear()
    visits = [pull.pull for pull in vendors.lake.pulls("amocrm", "users")]
    assert vendors.run().success
    assert vendors.lake.pulls("yandex_direct", "performance_daily")
    assert [pull.pull for pull in vendors.lake.pulls("amocrm", "users")][: len(visits)] == visits


def test_amocrm_by_oauth_asks_for_consent_first_and_keeps_the_rotating_tokens(vendors: Vendors) -> None:
    path = vendors.settings.path
    oauth = f"client_id: {AmoCrm.CLIENT_ID}, redirect_uri: '{AmoCrm.REDIRECT_URI}', account: company"
    path.write_text(path.read_text().replace("account: company", oauth))
    environment = {
        name: value for name, value in vendors.settings.environment.items() if name != "ONEFUNNEL_AMOCRM_TOKEN"
    }
    vendors.settings = load_settings(
        path, home=vendors.settings.home, environment=environment | {"ONEFUNNEL_AMOCRM_TOKEN": ""}
    )
    source = api_sources(vendors.settings)[0]
    assert isinstance(source, AmoCrmSource)
    assert obstacle(source, vendors.settings) == (
        "no client secret", "set ONEFUNNEL_AMOCRM_CLIENT_SECRET in the environment or in .env (docs/sources.md says how to get one)",
    )  # fmt: skip
    with_secret = vendors.settings.environment | {"ONEFUNNEL_AMOCRM_CLIENT_SECRET": AmoCrm.CLIENT_SECRET}
    vendors.settings = vendors.settings.model_copy(update={"environment": with_secret})
    found = obstacle(source, vendors.settings)
    assert found is not None
    assert found[0] == "no consent yet"
    with pytest.raises(ApiError, match="consent anew"):
        give_consent(source, vendors.settings, vendors.clock, "not-a-code")
    file = give_consent(source, vendors.settings, vendors.clock, vendors.crm.consent())
    assert file.stat().st_mode & 0o777 == 0o600
    assert obstacle(source, vendors.settings) is None

    assert vendors.run().success
    first = file.read_text()
    vendors.clock.advance(timedelta(days=2))
    assert vendors.run().success
    assert file.read_text() != first, "the pair rotated"
    tokens = [text.encode() for kept in (first, file.read_text()) for text in json.loads(kept).values()]
    elsewhere = [other for other in vendors.settings.home.rglob("*") if other.is_file() and other.parent != file.parent]
    secrets = [text for text in (*tokens, AmoCrm.CLIENT_SECRET.encode()) if len(text) > 20]
    assert [other.name for other in elsewhere for text in secrets if text in plain(other)] == []


def test_what_is_missing_is_named_before_anything_is_asked(vendors: Vendors) -> None:
    without = {name: value for name, value in vendors.settings.environment.items() if not name.startswith("ONEFUNNEL_")}
    found = obstacles(vendors.settings.model_copy(update={"environment": without}))
    assert [(finding.subject, finding.text) for finding in found if finding.text == "no token"] == [
        ("amocrm company", "no token"), ("yandex_direct shop", "no token"), ("yandex_metrika 44147844", "no token"),
    ]  # fmt: skip
    assert any("ONEFUNNEL_AMOCRM_TOKEN" in finding.fix for finding in found)
    assert any(finding.subject == "contact key" for finding in found)
    own = {**without, "ONEFUNNEL_AMOCRM_TOKEN_COMPANY": "t", "ONEFUNNEL_YANDEX_DIRECT_TOKEN": "t"}
    left = obstacles(vendors.settings.model_copy(update={"environment": own}))
    assert [finding.subject for finding in left if finding.text == "no token"] == ["yandex_metrika 44147844"]
    assert vendors.crm.asked == []


def test_the_vendors_of_a_run_are_asked_side_by_side(vendors: Vendors, monkeypatch: pytest.MonkeyPatch) -> None:
    met = threading.Barrier(3, timeout=30)
    for simulator in (vendors.crm, vendors.direct, vendors.metrika):
        answer = simulator.answer

        def after_all_were_asked(
            *request: Any, simulator: Simulator = simulator, answer: Callable[..., Response] = answer
        ) -> Response:
            if not simulator.asked:
                met.wait()
            return answer(*request)

        monkeypatch.setattr(simulator, "answer", after_all_were_asked)
    assert vendors.run().success
    assert all(simulator.asked for simulator in (vendors.crm, vendors.direct, vendors.metrika))


def test_a_run_of_some_streams_asks_for_no_others(vendors: Vendors) -> None:
    assert vendors.run(only="visits").success
    assert {(pull.source, pull.stream) for pull in vendors.lake.pulls()} == {("yandex_metrika", "visits")}
    assert vendors.crm.asked == vendors.direct.asked == []


def test_what_the_vendors_wrote_meets_what_is_expected_of_it(vendors: Vendors) -> None:
    assert vendors.run().success
    warehouse = Pipeline(vendors.settings, None, vendors.clock).warehouse
    results, could_not_run, _ = write_expectations(warehouse, vendor_suites(list(STREAMS)))
    assert could_not_run == []
    of_vendors = [result for result in results if "/" in result.contract]
    assert [result.line for result in of_vendors if not result.success] == []
    checked = {result.contract for result in of_vendors if result.checked}
    assert checked >= {"amocrm/leads", "amocrm/contacts", "yandex_direct/performance_daily", "yandex_metrika/visits"}


def test_a_field_of_metrika_that_was_renamed_or_withdrawn_is_set_in_the_configuration(vendors: Vendors) -> None:
    path = vendors.settings.path
    names = "field_names: {lastTrafficSource: lastsignTrafficSource, hasGCLID: null}, counter: 44147844"
    path.write_text(path.read_text().replace("counter: 44147844", names))
    vendors.settings = load_settings(path, home=vendors.settings.home, environment=vendors.settings.environment)
    vendors.metrika.put_visit(
        44147844,
        {"visitID": "5", "clientID": "1", "dateTimeUTC": "2026-03-08 08:00:00", "lastsignTrafficSource": "ad", "hasGCLID": "1"},
        EARLIER,
    )  # fmt: skip
    assert vendors.run(only="visits").success
    (asked,) = [dict(one.query)["fields"] for one in vendors.metrika.asked if one.path.endswith("/logrequests") and one.method == "POST"]  # fmt: skip
    assert "ym:s:lastsignTrafficSource" in asked
    assert "GCLID" not in asked
    (pull,) = vendors.lake.pulls("yandex_metrika", "visits")
    rows = [row for part in pull.parts for row in pq.read_table(part).to_pylist()]
    (row,) = [row for row in rows if row["visitID"] == "5"]
    assert (row["lastTrafficSource"], row["hasGCLID"]) == ("ad", None)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("{lastTraficSource: x}", ("field_names: no column lastTraficSource", "did you mean lastTrafficSource?")),
        ("{watchID: null}", ("field_names leaves out watchID", "give its present name")),
        ("{date: null}", ("field_names leaves out date", "give its present name")),
    ],
)
def test_a_wrong_name_of_a_field_is_named_before_anything_is_asked(
    vendors: Vendors, names: str, said: tuple[str, str]
) -> None:
    path = vendors.settings.path
    path.write_text(path.read_text().replace("counter: 44147844", f"counter: 44147844, field_names: {names}"))
    vendors.settings = load_settings(path, home=vendors.settings.home, environment=vendors.settings.environment)
    (found,) = [one for one in obstacles(vendors.settings) if one.subject == "yandex_metrika 44147844"]
    assert found.text == said[0]
    assert said[1] in found.fix
    assert vendors.metrika.asked == []
