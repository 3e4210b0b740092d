"""From what is wrong to what is told: thresholds, routes, once only, after a kill, and what a run that failed says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from orchestration.alerts.command import alert_after_run
from orchestration.alerts.outcome import Failure, read_outcome, write_outcome
from orchestration.alerts.run import Outcome, tell_alerts
from orchestration.alerts.state import ToldLog
from orchestration.cli import main
from orchestration.clock import FixedClock
from orchestration.landing import Lake
from orchestration.publication import publish
from orchestration.settings import Settings, SettingsError, load_settings
from orchestration.sources.definitions.schemas import SCHEMAS
from tests.unit.alerts.receivers import HttpReceiver, http_receiver

NOW = datetime(2026, 6, 30, 9, 0, tzinfo=UTC)
VERSION = "2000-01-01,2026-01-01,anna,boris"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with http_receiver() as found:
        yield found


class Home:
    """A home with a published build of one clock table, rules of its own and one signed webhook a route."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        (folder / "definitions").mkdir()
        (folder / "mapping.yml").write_text("source: crm\n")
        self.rules("critical_check,*,ops,,24,critical,true")

    def rules(self, *lines: str) -> None:
        header = ",".join(SCHEMAS["alerts"].column_names)
        text = "\n".join([header, *(f"{line},{VERSION}" for line in lines)])
        (self.folder / "definitions" / "alerts.csv").write_text(text + "\n")

    def settings(self, *, send: bool = True, routes: str = "ops", language: str = "en") -> Settings:
        lines = [
            "company: Acme", "reporting_currency: EUR", "time_zone: Europe/Moscow", f"language: {language}",
            "definitions: definitions", "sources:", "  - {type: files, mapping: mapping.yml}", "alerts:",
            f"  send: {'true' if send else 'false'}", "  routes:",
            *(f"    {name}: {{type: webhook, url: '{self.url}/{name}', secret_variable: KEY}}" for name in routes.split()),
        ]  # fmt: skip
        (self.folder / "onefunnel.yml").write_text("\n".join(lines) + "\n")
        return load_settings(self.folder / "onefunnel.yml", home=self.folder / "home", environment={"KEY": "s"})

    def publish(self, clocks: str = "", evaluated_at: str = "2026-06-30 09:00:00", build_id: str = "b1") -> None:
        """clocks : rows of fct_sla_clocks as SQL values; without them the build has no such table."""
        warehouse = self.folder / "home" / "warehouse" / "onefunnel.duckdb"
        warehouse.parent.mkdir(parents=True, exist_ok=True)
        warehouse.unlink(missing_ok=True)
        with duckdb.connect(str(warehouse)) as connection:
            for schema in ("raw_build", "raw_definitions", "raw_landing", "marts"):
                connection.execute(f"create schema {schema}")
            connection.execute(
                f"create table raw_build.build as select '{build_id}' as build_id, timestamp '{evaluated_at}' as as_of_at,"
                f" timestamp '{evaluated_at}' as evaluated_at, 'Europe/Moscow' as time_zone"
            )
            connection.execute(
                "create table raw_definitions.policies as select 'a' as name, 'b' as value, '2000-01-01' as valid_from, 1 as _row"
            )
            connection.execute("create table raw_definitions.currencies as select 'EUR' as currency, '2' as exponent")
            connection.execute(
                "create table raw_landing.pulls as select 'definitions' as source, 'stages' as stream, 1 as pull, true as is_read"
            )
            connection.execute(f"create table marts.dim_labels as select 'a' as label_key, '{build_id}' as build_id")
            if clocks:
                connection.execute(
                    "create table marts.fct_sla_clocks as select *, '" + build_id + "' as build_id from (values " + clocks
                    + ") as rows(lead_id, episode, clock, due_at, stopped_at, state, owner_id)"
                )  # fmt: skip
        publish(warehouse, self.folder / "home", build_id)

    def land(self, clock: FixedClock) -> None:
        """One pull of the source, now."""
        lake = Lake(self.folder / "home" / "lake", clock)
        with lake.open_pull("crm", "leads", account="leads.csv", columns=["lead_id"], connector_version="1") as writer:
            import pyarrow as pa

            writer.write(pa.table({"lead_id": ["1"]}))
            writer.describe(rows_in=1)


@pytest.fixture
def home(tmp_path: Path, receiver: HttpReceiver) -> Home:
    return Home(tmp_path, receiver.url)


def tell(home: Home, clock: FixedClock, **values: object) -> Outcome:
    settings = home.settings(**values)  # type: ignore[arg-type]
    return tell_alerts(settings, clock, send=settings.configuration.alerts.send)


def subjects(receiver: HttpReceiver) -> list[list[str]]:
    return [[alert["problem"] for alert in body["alerts"]] for body in receiver.bodies()]


CLOCKS = ", ".join(
    [
        # due in 30 and in 90 minutes; broken one and 30 hours ago; stopped; lead 6 has nobody
        "('1', 1, 'contact', timestamp '2026-06-30 09:30:00', cast(null as timestamp), 'running', 'anna')",
        "('2', 1, 'contact', timestamp '2026-06-30 10:30:00', null, 'running', 'anna')",
        "('3', 2, 'acceptance', timestamp '2026-06-30 08:00:00', null, 'breached', 'boris')",
        "('4', 1, 'acceptance', timestamp '2026-06-29 03:00:00', null, 'breached', 'boris')",
        "('5', 1, 'acceptance', timestamp '2026-06-30 08:00:00', timestamp '2026-06-30 08:30:00', 'breached', 'boris')",
        "('6', 1, 'reaction', timestamp '2026-06-30 09:02:00', null, 'running', null)",
    ]
)
CLOCK_RULES = ("clock_due,*,ops,60,24,warning,true", "clock_breached,*,ops,24,72,critical,true")


def test_clocks_within_their_threshold_are_told_and_stopped_or_old_ones_are_not(
    home: Home, clock: FixedClock, receiver: HttpReceiver
) -> None:
    home.publish(CLOCKS)
    home.rules(*CLOCK_RULES)
    outcome = tell(home, clock)
    assert subjects(receiver) == [["clock_breached/acceptance/3/2", "clock_due/contact/1/1", "clock_due/reaction/6/1"]]
    text = receiver.bodies()[0]["text"]
    # Moscow is three hours ahead of UTC
    assert "Acceptance: lead 3, was due at 2026-06-30 11:00, owner boris" in text
    assert "Reaction time: lead 6, due at 2026-06-30 12:02, owner No owner assigned" in text
    assert text.startswith("critical: Acme, 3 alerts\n")
    assert outcome.sent == ["ops"]


def test_a_rule_that_names_its_subject_goes_before_the_star_and_a_switched_off_one_silences_it(
    home: Home, clock: FixedClock, receiver: HttpReceiver
) -> None:
    home.publish(CLOCKS)
    home.rules(
        "clock_due,*,ops,60,24,warning,true",
        "clock_due,contact,ops,120,24,warning,true",
        "clock_due,reaction,ops,60,24,warning,false",
    )
    tell(home, clock)
    assert subjects(receiver) == [["clock_due/contact/1/1", "clock_due/contact/2/1"]]


def test_a_problem_is_told_once_then_after_its_hours_and_anew_when_it_comes_back(
    home: Home, clock: FixedClock, receiver: HttpReceiver
) -> None:
    failure = [Failure("check critical of raw_files/leads failed", "3 rows without a key")]
    name = "critical_check/check_critical_of_raw_files/leads_failed/check_critical_of_raw_files/leads_failed"
    home.publish()
    for hours, failures, told in (
        (0, failure, 1), (1, failure, 1), (23, failure, 2),  # a day after the first
        (1, [], 2), (1, failure, 3),  # it ended, and is told at once when it is there again
    ):  # fmt: skip
        clock.advance(timedelta(hours=hours))
        write_outcome(home.folder / "home", clock.now(), failures)
        tell(home, clock)
        assert subjects(receiver) == [[name]] * told
    ids = [alert["id"] for body in receiver.bodies() for alert in body["alerts"]]
    assert len(set(ids)) == 3


def test_what_a_route_did_not_take_is_told_by_the_next_run_with_the_same_id(
    home: Home, clock: FixedClock, receiver: HttpReceiver
) -> None:
    home.publish()
    home.rules("critical_check,*,ops,,24,critical,true", "critical_check,*,sales,,24,critical,true")
    write_outcome(home.folder / "home", NOW, [Failure("dbt", "no")])
    receiver.answers = [(404, "gone", {}), (200, "ok", {})]
    first = tell(home, clock, routes="ops sales")
    assert first.sent == ["sales"]
    assert first.failed == {"ops": "route ops: HTTP 404 gone"}
    assert "route ops: HTTP 404 gone; it is tried again by the next run" in first.complaint
    second = tell(home, clock, routes="ops sales")
    assert (second.sent, second.known) == (["ops"], 1)
    bodies = receiver.bodies()
    assert bodies[2]["message_id"] == bodies[0]["message_id"] != bodies[1]["message_id"]


def test_killed_between_sending_and_noting_the_same_is_told_again_with_the_same_id(
    home: Home, clock: FixedClock, receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.publish()
    write_outcome(home.folder / "home", NOW, [Failure("dbt", "no")])
    with monkeypatch.context() as killed:
        killed.setattr(ToldLog, "told", lambda *arguments: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            tell(home, clock)
    tell(home, clock)
    assert tell(home, clock).known == 1
    assert len(receiver.posted) == 2
    assert receiver.bodies()[0]["message_id"] == receiver.bodies()[1]["message_id"]


def test_a_line_that_a_kill_left_half_written_was_not_written(home: Home, clock: FixedClock) -> None:
    folder = home.folder / "home"
    log = ToldLog.read(folder)
    log.told("ops", ["a/b/c", "a/b/d"], NOW)
    whole = log.path.read_bytes()
    lines = whole.splitlines(keepends=True)
    for cut in range(len(lines[0]) + 1, len(whole)):
        log.path.write_bytes(whole[:cut])
        again = ToldLog.read(folder)
        assert not again.is_due("a/b/c", "ops", NOW, 0)
        assert again.is_due("a/b/d", "ops", NOW, 0)
        again.told("ops", ["a/b/d"], NOW)
        assert log.path.read_bytes() == whole


def test_a_dry_run_sends_and_remembers_nothing(home: Home, clock: FixedClock, receiver: HttpReceiver) -> None:
    home.publish()
    write_outcome(home.folder / "home", NOW, [Failure("dbt", "no")])
    for _ in range(2):
        outcome = tell(home, clock, send=False)
        assert list(outcome.messages) == ["ops"]
        assert outcome.known == 0
    assert receiver.posted == []


def test_an_alert_of_a_route_that_nobody_configured_is_a_complaint(home: Home, clock: FixedClock) -> None:
    home.publish()
    home.rules("critical_check,*,sales,,24,critical,true")
    write_outcome(home.folder / "home", NOW, [Failure("dbt", "no")])
    assert tell(home, clock).complaint == (
        "route sales is not under alerts.routes of the configuration: 1 alerts were not sent"
    )


def test_a_source_is_silent_after_its_hours_and_the_published_build_too(
    home: Home, clock: FixedClock, receiver: HttpReceiver
) -> None:
    home.rules("stale_source,*,ops,36,24,warning,true")
    home.publish()
    home.land(clock)
    clock.advance(timedelta(hours=35))
    tell(home, clock)
    assert receiver.posted == []
    clock.advance(timedelta(hours=1))
    tell(home, clock)
    assert subjects(receiver) == [["stale_source/crm/crm", "stale_source/published/published"]]
    assert "crm: nothing new since 2026-06-30 12:00 (limit 36 h)" in receiver.bodies()[0]["text"]


def test_a_source_that_was_never_read_is_told(home: Home, clock: FixedClock, receiver: HttpReceiver) -> None:
    home.rules("stale_source,*,ops,36,24,warning,true")
    home.publish()
    tell(home, clock)
    assert "crm: was never read" in receiver.bodies()[0]["text"]


def test_what_cannot_be_looked_at_is_said_and_ends_no_problem(
    home: Home, clock: FixedClock, receiver: HttpReceiver
) -> None:
    home.publish(CLOCKS)
    home.rules(*CLOCK_RULES)
    tell(home, clock)
    clock.advance(timedelta(hours=1))
    home.publish(build_id="b2")
    outcome = tell(home, clock)
    assert outcome.unknown["clock_due"] == "the build has no fct_sla_clocks"
    home.publish(CLOCKS, build_id="b3")
    assert tell(home, clock).known == 3
    assert len(receiver.posted) == 1


def test_no_contact_data_leaves_in_a_message(home: Home, clock: FixedClock, receiver: HttpReceiver) -> None:
    home.publish()
    write_outcome(
        home.folder / "home",
        NOW,
        [Failure("step", "row of ivan.petrov@example.com, +7 916 123-45-67, is wrong\nTraceback")],
    )
    tell(home, clock)
    text = receiver.bodies()[0]["text"]
    assert "is wrong" in text
    for part in ("ivan", "example.com", "123-45-67", "Traceback"):
        assert part not in json.dumps(receiver.bodies()[0])


def test_a_message_of_a_thousand_clocks_fits_every_receiver_and_counts_them_all(
    home: Home, clock: FixedClock, receiver: HttpReceiver
) -> None:
    values = [
        f"('{lead:0>30}', 1, 'acceptance', timestamp '2026-06-30 08:00:00', cast(null as timestamp), 'breached', 'boris')"
        for lead in range(1000)
    ]
    home.publish(", ".join(values))
    home.rules(*CLOCK_RULES)
    tell(home, clock)
    body = receiver.bodies()[0]
    assert len(body["text"]) < 4096
    assert "… and 980 more" in body["text"]
    assert len(body["alerts"]) == 1000
    assert tell(home, clock).known == 1000


@pytest.mark.parametrize(
    ("language", "words"), [("ru", "Критическая проверка не пройдена"), ("fa", "بررسی بحرانی ناموفق بود")]
)
def test_messages_are_in_the_companys_language(
    home: Home, clock: FixedClock, receiver: HttpReceiver, language: str, words: str
) -> None:
    home.publish()
    write_outcome(home.folder / "home", NOW, [Failure("dbt", "no")])
    tell(home, clock, language=language)
    assert words in receiver.bodies()[0]["text"]


def test_how_a_run_ended_is_noted_and_told(home: Home, clock: FixedClock, receiver: HttpReceiver) -> None:
    settings = home.settings()
    said: list[str] = []
    assert alert_after_run(settings, clock, [("dbt_models", "3 rows")], said.append) == ""
    assert read_outcome(settings.home) == [Failure("dbt_models", "3 rows")]
    assert said == ["alerts: 1 for ops, 0 told before"]
    assert alert_after_run(settings, clock, [], said.append) == ""
    assert read_outcome(settings.home) == []
    assert len(receiver.posted) == 1


def alerts(home: Home, *options: str) -> Result:
    home.settings()
    return CliRunner().invoke(
        main,
        ["alerts", "--config", str(home.folder / "onefunnel.yml"), *options],
        env={"KEY": "s", "ONEFUNNEL_HOME": str(home.folder / "home")},
    )


def test_the_command_shows_by_default_and_sends_when_told_to(home: Home, receiver: HttpReceiver) -> None:
    home.publish()
    write_outcome(home.folder / "home", NOW, [Failure("dbt", "no")])
    shown = alerts(home)
    assert shown.exit_code == 0, shown.output
    assert "--- route ops (dry run)\ncritical: Acme, 1 alerts" in shown.output
    assert "nothing was sent (--send sends)" in shown.output
    assert receiver.posted == []
    assert "--- route ops (sent)" in alerts(home, "--send").output
    receiver.answers = [(404, "gone", {})]
    write_outcome(home.folder / "home", NOW, [Failure("another", "no")])
    failed = alerts(home, "--send")
    assert failed.exit_code == 1
    assert "route ops: HTTP 404 gone" in failed.output


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{type: slak, url_variable: A}", "does not match any of the expected tags"),
        ("{type: slack, url_varible: A}", "url_varible: unknown key; did you mean url_variable?"),
        ("{type: smtp, host: a, sender: nobody, recipients: [a@b.c]}", "alerts.routes.ops.sender: String should match"),
        ("{type: smtp, host: a, sender: a@b.c, recipients: [a@b.c], user_variable: A}", "go together"),
    ],
)
def test_a_wrong_route_is_named_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "mapping.yml").write_text("source: crm\n")
    configuration = tmp_path / "onefunnel.yml"
    configuration.write_text(
        "company: Acme\nreporting_currency: EUR\nsources:\n  - {type: files, mapping: mapping.yml}\nalerts:\n  routes:\n"
        f"    ops: {line}\n"
    )
    with pytest.raises(SettingsError) as caught:
        load_settings(configuration)
    assert message in str(caught.value)
    assert "line 7: alerts.routes.ops" in str(caught.value)
