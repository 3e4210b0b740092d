"""Days asked for again: by the command line over the vendors' simulators, killed half-way, and given again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from demo.simulators.amocrm import AmoCrm
from demo.simulators.server import Fault
from demo.simulators.yandex_direct import YandexDirect
from demo.simulators.yandex_metrika import YandexMetrika
from orchestration.backfill import BackfillError, Wanted, backfill
from orchestration.cli import main
from orchestration.clock import FixedClock
from orchestration.connectors import STREAMS, connectors
from orchestration.landing import Lake
from orchestration.locks import HomeLock
from orchestration.settings import Settings, load_settings
from orchestration.sources.api.load import known_of, pull_stream
from orchestration.sources.api.stream import Span

FIRST_MORNING = datetime(2026, 3, 10, 6, tzinfo=UTC)
LATER = FIRST_MORNING + timedelta(days=2)
WINTER = ("2025-12-01", "2026-02-28")
COUNTER = 44147844

CONFIGURATION = """\
company: Vendors
time_zone: Europe/Moscow
reporting_currency: RUB
sources:
  - {{type: amocrm, account: company, since: 2025-12-01, base_url: "{crm}"}}
  - {{type: yandex_direct, account: shop, since: 2025-12-01, base_url: "{direct}"}}
  - {{type: yandex_metrika, counter: 44147844, since: 2025-12-01, base_url: "{metrika}"}}
"""


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


@dataclass
class Vendors:
    """The simulators, the configuration that names them, and the clock that they share."""

    clock: FixedClock
    crm: AmoCrm
    direct: YandexDirect
    metrika: YandexMetrika
    settings: Settings

    @property
    def lake(self) -> Lake:
        return Lake(self.settings.lake, self.clock)

    def read_all(self) -> None:
        """What a run asks of the vendors."""
        for kind in STREAMS:
            for connector in connectors(self.settings, kind, self.clock):
                for stream in connector.streams:
                    pull_stream(self.lake, connector, stream, contact_key=self.settings.contact_key)

    def windows(self, source: str, stream: str, after: int = 0) -> list[tuple[str | None, str | None]]:
        """Windows of the pulls with a number above `after`."""
        return [(pull.window_from, pull.window_to) for pull in self.lake.pulls(source, stream) if pull.pull > after]

    def newest(self, source: str, stream: str) -> int:
        return self.lake.pulls(source, stream)[-1].pull


@pytest.fixture
def vendors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendors]:
    clock = FixedClock(FIRST_MORNING)
    known_at = FIRST_MORNING - timedelta(days=1)
    with ExitStack() as stack:
        crm, direct, metrika = AmoCrm(clock), YandexDirect(clock), YandexMetrika(clock)
        for simulator in (crm, direct, metrika):
            stack.enter_context(simulator)
        crm.put_pipeline(known_at, 7, {71: "Новый лид", 72: "Подтверждён"})
        crm.put_lead(datetime(2026, 1, 15, 9, tzinfo=UTC), 100, price=25000, pipeline_id=7, status_id=71)
        direct.put_token("direct-token-of-a-test", "shop")
        for day in (date(2025, 12, 5), date(2026, 1, 5), date(2026, 2, 5)):
            direct.put_day(known_at, day, [ad_day(clicks=5)], login="shop")
        counter = {"id": COUNTER, "name": "Shop", "site": "shop.example", "status": "Active"}
        metrika.put_counter({**counter, "time_zone_name": "Europe/Moscow"}, known_at)
        metrika.put_visit(COUNTER, visit(1, "2026-01-05 07:00:00"), known_at)
        configuration = tmp_path / "onefunnel.yml"
        configuration.write_text(CONFIGURATION.format(crm=crm.url, direct=direct.url, metrika=metrika.url))
        environment = {
            "ONEFUNNEL_CONTACT_KEY": "made-up people, so the key is no secret",
            "ONEFUNNEL_AMOCRM_TOKEN": crm.long_lived_token(FIRST_MORNING + timedelta(days=365)),
            "ONEFUNNEL_YANDEX_DIRECT_TOKEN": "direct-token-of-a-test",
            "ONEFUNNEL_YANDEX_METRIKA_TOKEN": metrika.token,
            "ONEFUNNEL_HOME": str(tmp_path / "home"),
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("orchestration.clock.SystemClock", lambda: clock)
        yield Vendors(clock, crm, direct, metrika, load_settings(configuration))


def ad_day(clicks: int) -> dict[str, Any]:
    return {
        "CampaignId": 7001, "AdGroupId": 8001, "AdId": 9001, "Impressions": 1000, "Clicks": clicks,
        "Cost": 100_000_000, "Conversions": {},
    }  # fmt: skip


def visit(number: int, began_at: str) -> dict[str, Any]:
    return {"visitID": str(number), "clientID": "17", "dateTimeUTC": began_at}


def command(vendors: Vendors, source: str, days: tuple[str, str] = WINTER, *more: str) -> Result:
    arguments = ["sources", "backfill", "--config", str(vendors.settings.path), "--source", source]
    return CliRunner().invoke(main, [*arguments, "--from", days[0], "--to", days[1], *more])


def test_days_that_were_restated_late_are_read_again_and_the_old_pulls_stay(vendors: Vendors) -> None:
    vendors.read_all()
    known = vendors.newest("yandex_direct", "performance_daily")
    campaigns = vendors.newest("yandex_direct", "campaigns")
    before = [pull.sha256 for pull in vendors.lake.pulls()]
    vendors.clock.move_to(LATER)
    vendors.direct.put_day(LATER, date(2026, 1, 5), [ad_day(clicks=8)], login="shop")
    result = command(vendors, "yandex_direct")
    assert result.exit_code == 0, result.output
    assert vendors.windows("yandex_direct", "performance_daily", known) == [
        ("2025-12-01", "2025-12-31"), ("2026-01-01", "2026-01-31"), ("2026-02-01", "2026-02-28"),
    ]  # fmt: skip
    pulls = vendors.lake.pulls("yandex_direct", "performance_daily")
    january = [pull for pull in pulls if pull.window_from == "2026-01-01"]
    clicks = [pq.read_table(part)["Clicks"].to_pylist() for pull in january for part in pull.parts]
    assert clicks == [["5"], ["8"]]
    assert before == [pull.sha256 for pull in vendors.lake.pulls() if pull.committed_at < LATER]
    assert "not asked, since they have no days: campaigns, ad_groups, ads" in result.output
    assert vendors.newest("yandex_direct", "campaigns") == campaigns
    assert "3 pulls with 3 rows" in result.output


def test_a_run_after_a_backfill_goes_on_where_runs_stopped(vendors: Vendors) -> None:
    vendors.read_all()
    (metrika,) = connectors(vendors.settings, "yandex_metrika", vendors.clock)
    (direct,) = connectors(vendors.settings, "yandex_direct", vendors.clock)
    of_visits = next(stream for stream in metrika.streams if stream.name == "visits")
    of_days = next(stream for stream in direct.streams if stream.name == "performance_daily")
    visits, days = known_of(vendors.lake, metrika, of_visits), known_of(vendors.lake, direct, of_days)
    vendors.clock.move_to(LATER)
    assert command(vendors, "yandex_metrika").exit_code == 0
    assert command(vendors, "yandex_direct").exit_code == 0
    assert known_of(vendors.lake, metrika, of_visits).window_to == visits.window_to == "2026-03-09"
    assert known_of(vendors.lake, direct, of_days).cursor_to == days.cursor_to


def test_of_amocrm_a_day_gives_what_was_changed_on_it(vendors: Vendors) -> None:
    vendors.read_all()
    cursors = [pull.cursor_to for pull in vendors.lake.pulls("amocrm", "leads")]
    known = vendors.newest("amocrm", "leads")
    vendors.clock.move_to(LATER)
    result = command(vendors, "amocrm", ("2026-01-10", "2026-01-20"), "--stream", "leads")
    assert result.exit_code == 0, result.output
    (pull,) = [pull for pull in vendors.lake.pulls("amocrm", "leads") if pull.pull > known]
    assert (pull.window_from, pull.window_to, pull.rows) == ("2026-01-10", "2026-01-20", 1)
    assert [one.cursor_to for one in vendors.lake.pulls("amocrm", "leads")] == [*cursors, None]


@pytest.mark.parametrize("source", ["yandex_direct", "yandex_metrika", "amocrm"])
def test_a_backfill_that_was_killed_repeats_nothing_that_was_committed(vendors: Vendors, source: str) -> None:
    stream = {"yandex_direct": "performance_daily", "yandex_metrika": "visits", "amocrm": "leads"}[source]
    vendors.read_all()
    known = vendors.newest(source, stream)
    vendors.clock.move_to(LATER)
    wanted = Wanted(source, Span(*map(date.fromisoformat, WINTER)), stream=stream)

    def dies(message: str) -> None:
        if "landed" in message and len(vendors.windows(source, stream, known)) == 2:
            raise Killed

    with pytest.raises(Killed):
        backfill(vendors.settings, wanted, vendors.clock, dies)
    first, second = vendors.windows(source, stream, known)
    assert first[0] == WINTER[0]
    vendors.clock.advance(timedelta(hours=3))
    result = command(vendors, source, WINTER, "--stream", stream)
    assert result.exit_code == 0, result.output
    assert "of the days were read less than" in result.output
    windows = vendors.windows(source, stream, known)
    assert windows[:2] == [first, second]
    assert covered(windows) == days_of(*WINTER), "every day once"


def test_what_a_vendor_answered_before_it_failed_is_not_asked_again(vendors: Vendors) -> None:
    vendors.read_all()
    known = vendors.newest("yandex_direct", "performance_daily")
    vendors.clock.move_to(LATER)
    vendors.direct.faults.append(Fault("*reports*", "status", status=500, body="<html>", after=2, times=None))
    result = command(vendors, "yandex_direct")
    assert result.exit_code == 1
    assert "run again later" in result.output
    assert "What landed stays; the same command goes on after it." in result.output
    assert vendors.windows("yandex_direct", "performance_daily", known) == [("2025-12-01", "2025-12-31")]
    vendors.direct.faults.clear()
    assert command(vendors, "yandex_direct").exit_code == 0
    assert covered(vendors.windows("yandex_direct", "performance_daily", known)) == days_of(*WINTER)


def test_days_read_on_the_same_day_are_asked_again_when_that_is_wanted_or_when_they_were_not_over(
    vendors: Vendors,
) -> None:
    vendors.read_all()
    known = vendors.newest("yandex_direct", "performance_daily")
    today = ("2026-03-08", "2026-03-10")
    assert "2 of the days were read less than" in command(vendors, "yandex_direct", today).output
    assert vendors.windows("yandex_direct", "performance_daily", known) == [("2026-03-10", "2026-03-10")]
    assert command(vendors, "yandex_direct", today, "--again").exit_code == 0
    assert vendors.windows("yandex_direct", "performance_daily", known + 1) == [today]
    vendors.clock.advance(timedelta(hours=25))
    assert command(vendors, "yandex_direct", today).exit_code == 0
    assert vendors.windows("yandex_direct", "performance_daily", known + 2) == [today]


@pytest.mark.parametrize(
    ("source", "days", "more", "said"),
    [
        ("yandex_direct", ("2026-03-01", "2026-03-13"), (), "2026-03-13 is in the future; today is 2026-03-12"),
        ("yandex_direct", ("2025-11-30", "2025-12-05"), (), "2025-11-30 is before 2025-12-01, since when yandex_direct"),
        ("yandex_direct", ("2026-02-02", "2026-02-01"), (), "the first one is after the last one"),
        ("yandex_metrika", ("2026-03-01", "2026-03-10"), (), "runs have read days up to 2026-03-09"),
        ("yandex_direct", WINTER, ("--account", "other"), "no yandex_direct other; there is shop"),
        ("yandex_direct", WINTER, ("--stream", "ads"), "yandex_direct/ads has no days"),
        ("amocrm", WINTER, ("--stream", "customers"), "amocrm has no stream customers; those with days are leads"),
    ],
)  # fmt: skip
def test_a_backfill_that_cannot_be_is_refused_before_anything_is_asked(
    vendors: Vendors, source: str, days: tuple[str, str], more: tuple[str, ...], said: str
) -> None:
    vendors.read_all()
    vendors.clock.move_to(LATER)
    simulators = (vendors.crm, vendors.direct, vendors.metrika)
    asked, pulls = [len(one.asked) for one in simulators], len(vendors.lake.pulls())
    result = command(vendors, source, days, *more)
    assert result.exit_code == 1
    assert said in " ".join(result.output.split())
    assert [len(one.asked) for one in simulators] == asked
    assert len(vendors.lake.pulls()) == pulls


def test_statistics_that_no_run_has_read_are_left_to_the_first_run(vendors: Vendors) -> None:
    with pytest.raises(BackfillError, match="visits of 44147844: no run has read it yet"):
        backfill(
            vendors.settings,
            Wanted("yandex_metrika", Span(date(2026, 1, 1), date(2026, 1, 2))),
            vendors.clock,
        )
    assert vendors.metrika.asked == []


def test_a_backfill_waits_for_nobody_who_holds_the_home(vendors: Vendors) -> None:
    vendors.read_all()
    with HomeLock(vendors.settings.home, "the morning's"):
        result = command(vendors, "yandex_direct")
    assert result.exit_code == 1
    assert "is in use by run the morning's" in result.output


def test_an_account_that_is_asked_since_later_has_its_own_first_day(vendors: Vendors) -> None:
    vendors.direct.put_token("token-of-the-second", "second")
    configuration = vendors.settings.path.read_text()
    more = f'  - {{type: yandex_direct, account: second, since: 2026-02-01, base_url: "{vendors.direct.url}"}}\n'
    vendors.settings.path.write_text(configuration + more)
    own = {"ONEFUNNEL_YANDEX_DIRECT_TOKEN_SECOND": "token-of-the-second"}
    vendors.settings = load_settings(vendors.settings.path, environment=own)
    vendors.read_all()
    known = vendors.newest("yandex_direct", "performance_daily")
    vendors.clock.move_to(LATER)
    heard: list[str] = []
    wanted = Wanted("yandex_direct", Span(date(2026, 1, 1), date(2026, 2, 28)), stream="performance_daily")
    backfill(vendors.settings, wanted, vendors.clock, heard.append)
    pulls = [one for one in vendors.lake.pulls("yandex_direct", "performance_daily") if one.pull > known]
    days = {
        account: covered([(one.window_from, one.window_to) for one in pulls if one.account == account])
        for account in ("shop", "second")
    }
    assert days == {"shop": days_of("2026-01-01", "2026-02-28"), "second": days_of("2026-02-01", "2026-02-28")}
    assert "yandex_direct second: asked since 2026-02-01, no earlier day of it is" in heard


def test_help_says_what_is_asked_and_what_a_kill_costs() -> None:
    said = CliRunner().invoke(main, ["sources", "backfill", "--help"]).output
    for word in ("--source", "--account", "--stream", "--from", "--to", "--again", "killed", "Lists without days"):
        assert word in said


# from Dagster's page

DAYS_OF_DIRECT = dg.AssetKey(["lake_days", "yandex_direct", "performance_daily"])


@pytest.fixture
def definitions(vendors: Vendors, monkeypatch: pytest.MonkeyPatch) -> dg.Definitions:
    monkeypatch.setenv("ONEFUNNEL_NO_CODE_LOCATION", "1")
    from orchestration.definitions import build_definitions

    return build_definitions(vendors.settings, clock=vendors.clock)


def materialise(
    definitions: dg.Definitions, instance: dg.DagsterInstance, keys: list[dg.AssetKey], **tags: str
) -> dg.ExecuteInProcessResult:
    """A run of some assets, as the page starts it: a range of partitions is in its tags."""
    job = definitions.resolve_implicit_global_asset_job_def()
    return job.execute_in_process(instance=instance, asset_selection=keys, raise_on_error=False, tags=tags)


def test_a_range_of_partitions_is_one_run_that_asks_for_these_days_again(
    vendors: Vendors, definitions: dg.Definitions
) -> None:
    vendors.read_all()
    known = vendors.newest("yandex_direct", "performance_daily")
    vendors.clock.move_to(LATER)
    tags = {"dagster/asset_partition_range_start": "2026-01-20", "dagster/asset_partition_range_end": "2026-02-10"}
    with dg.DagsterInstance.ephemeral() as instance:
        assert materialise(definitions, instance, [DAYS_OF_DIRECT], **tags).success
        done = instance.get_materialized_partitions(DAYS_OF_DIRECT)
    assert vendors.windows("yandex_direct", "performance_daily", known) == [("2026-01-20", "2026-02-10")]
    assert sorted(done) == [day.isoformat() for day in days_of("2026-01-20", "2026-02-10")]


def test_a_run_shows_which_days_it_has_read_and_needs_no_partition(
    vendors: Vendors, definitions: dg.Definitions
) -> None:
    stream = dg.AssetKey(["lake", "yandex_direct", "performance_daily"])
    with dg.DagsterInstance.ephemeral() as instance:
        assert materialise(definitions, instance, [stream]).success
        done = instance.get_materialized_partitions(DAYS_OF_DIRECT)
        assert instance.get_latest_materialization_event(stream) is not None
    assert sorted(done) == [day.isoformat() for day in days_of("2025-12-01", "2026-03-09")], "today is not over"


def test_days_that_cannot_be_had_fail_the_run_with_what_can(vendors: Vendors, definitions: dg.Definitions) -> None:
    tags = {"dagster/asset_partition_range_start": "2026-01-20", "dagster/asset_partition_range_end": "2026-02-10"}
    with dg.DagsterInstance.ephemeral() as instance:
        result = materialise(definitions, instance, [DAYS_OF_DIRECT], **tags)
    (failed,) = [event.step_failure_data.error for event in result.all_events if event.is_step_failure]
    assert failed is not None
    assert "no run has read it yet" in failed.message


def test_partitions_begin_at_since_and_are_no_part_of_the_daily_job(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    partitioned = {key for key in graph.get_all_asset_keys() if graph.get(key).partitions_def is not None}
    assert {tuple(key.path[1:]) for key in partitioned} == {
        ("yandex_direct", "performance_daily"), ("yandex_metrika", "visits"), ("yandex_metrika", "hits"),
    }  # fmt: skip
    for key in partitioned:
        days = graph.get(key).partitions_def
        assert isinstance(days, dg.DailyPartitionsDefinition)
        assert (days.start.date(), days.timezone) == (date(2025, 12, 1), "Europe/Moscow")
    assert not partitioned & definitions.resolve_job_def("daily").asset_layer.executable_asset_keys


def test_a_stream_that_was_not_read_this_morning_is_late_and_a_backfill_does_not_hide_it(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    of_vendors = [key for key in graph.get_all_asset_keys() if key.path[0] in ("lake", "lake_days")]
    policies = {key: graph.get(key).freshness_policy for key in of_vendors}
    window = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=30), warn_window=timedelta(hours=26))
    for key, policy in policies.items():
        asked = key.path[0] == "lake" and key.path[1] in STREAMS
        assert policy == (window if asked else None), key


def days_of(first: str, last: str) -> list[date]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [start + timedelta(days=number) for number in range((end - start).days + 1)]


def covered(windows: list[tuple[str | None, str | None]]) -> list[date]:
    """Days of some windows, as often as they are covered."""
    return sorted(day for first, last in windows if first and last for day in days_of(first, last))
