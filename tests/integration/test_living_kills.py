"""Law 3 for the sources that are asked over HTTP: whatever kills a run, the next one ends where an undisturbed one would."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from demo.simulators.amocrm import AmoCrm, Rules, call, multitext
from demo.simulators.yandex_direct import YandexDirect
from demo.simulators.yandex_metrika import YandexMetrika
from orchestration.clock import FixedClock
from orchestration.connectors import STREAMS, connectors
from orchestration.landing import Lake, Pull
from orchestration.settings import PROJECT_ROOT, Settings, load_settings
from orchestration.sources.api.load import pull_stream
from tests.conftest import Built, onefunnel
from tests.integration.living_builds import differences

MORNINGS = (datetime(2026, 3, 10, 3, tzinfo=UTC), datetime(2026, 3, 12, 3, tzinfo=UTC))
LATER = timedelta(minutes=10)
"""After which somebody starts a killed run again."""
COUNTER, LOGIN = 44147844, "shop"
DIRECT_TOKEN, METRIKA_TOKEN = "direct-token-of-a-test", "metrika-token-of-a-test"
CONFIGURATION = """\
company: Kills
time_zone: Europe/Moscow
reporting_currency: RUB
sources:
  - {{type: amocrm, account: company, since: 2026-03-01, has_customers: true, base_url: "{crm}"}}
  - {{type: yandex_direct, account: shop, since: 2026-01-20, base_url: "{direct}"}}
  - {{type: yandex_metrika, counter: 44147844, since: 2026-03-07, base_url: "{metrika}"}}
"""


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def fill_crm(crm: AmoCrm) -> None:
    """Between the mornings a lead moves, one is deleted, two cards are merged, a rep leaves and a stage gets a new name."""
    crm.put_user(at(9, 0), 2, "Соколова А.")
    crm.put_user(at(9, 0), 3, "Громов И.")
    crm.delete_user(at(11, 0), 3)
    crm.put_pipeline(at(9, 0), 7, {71: "Новый лид", 72: "Подтверждён"})
    crm.put_pipeline(at(11, 0), 7, {71: "Новый лид", 72: "Принят"})
    crm.put_loss_reason(at(9, 0), 4, "Дорого")
    crm.put_custom_field(at(9, 0), "leads", 7001, "Бюджет", "select", choices={"нет": 1, "да": 2})
    crm.put_company(at(9, 1), 91)
    for contact, phone in ((11, "+7 900 000-00-01"), (12, "+7 900 000-00-02"), (13, "+7 900 000-00-02")):
        crm.put_contact(at(9, 1), contact, company=91, custom_fields_values=[multitext(501, "PHONE", phone)])
    for lead, contact in ((100, 11), (101, 12), (102, 13)):
        crm.put_lead(at(9, 12), lead, pipeline_id=7, status_id=71, responsible_user_id=2, contacts=[contact])
    crm.put_customer(at(9, 13), 81, company=91)
    crm.put_note(at(9, 14), 1001, "call_out", 100, params=call(60, 4))
    crm.put_task(at(9, 14), 2001, entity_id=100, entity_type="leads")
    crm.put_lead(at(10, 9), 100, status_id=72, price=25_000)
    crm.delete_lead(at(10, 10), 101)
    crm.put_lead(at(10, 11), 102, contacts=[12])
    crm.delete_contact(at(10, 11), 13)
    crm.put_lead(at(11, 9), 103, pipeline_id=7, status_id=71, responsible_user_id=2, contacts=[11])
    crm.put_task(at(11, 9), 2001, is_completed=True)


def fill_direct(direct: YandexDirect) -> None:
    """The cost of a day is restated between the mornings, and an ad is deleted."""
    direct.put_token(DIRECT_TOKEN, LOGIN)
    campaign = {"Id": 7001, "Name": "Brand", "Type": "TEXT_CAMPAIGN", "State": "ON", "Status": "ACCEPTED"}
    direct.put_campaign(at(1, 0), {**campaign, "Currency": "RUB"}, login=LOGIN)
    direct.put_ad_group(at(1, 0), {"Id": 8001, "CampaignId": 7001, "Name": "Group"}, login=LOGIN)
    for ad in (9001, 9002):
        direct.put_ad(at(1, 0), {"Id": ad, "CampaignId": 7001, "AdGroupId": 8001, "Type": "TEXT_AD"}, login=LOGIN)
    direct.delete("ads", 9002, at(11, 0), login=LOGIN)
    first = date(2026, 1, 25)
    for number in range(46):
        day = first + timedelta(days=number)
        known = datetime(day.year, day.month, day.day, 2, tzinfo=UTC) + timedelta(days=1)
        direct.put_day(known, day, [ad_day(9001, number), ad_day(9002, 2)], login=LOGIN)
    direct.put_day(at(11, 2), date(2026, 3, 8), [ad_day(9001, 1)], login=LOGIN)


def ad_day(ad: int, clicks: int) -> dict[str, Any]:
    return {
        "CampaignId": 7001, "AdGroupId": 8001, "AdId": ad, "Impressions": 1000, "Clicks": clicks,
        "Cost": clicks * 1_000_000, "Conversions": {},
    }  # fmt: skip


def fill_metrika(metrika: YandexMetrika) -> None:
    """Between the mornings a visit grows, another is taken back, so that its day comes back empty."""
    counter = {"id": COUNTER, "name": "Shop", "site": "shop.example", "status": "Active"}
    metrika.put_counter({**counter, "time_zone_name": "Europe/Moscow"}, at(1, 0))
    metrika.put_goal(COUNTER, {"id": 20001, "name": "form", "type": "action"}, at(1, 0))
    for number, day in enumerate((7, 8, 8, 10, 11), 1):
        visit = {"visitID": str(number), "clientID": "17", "dateTimeUTC": f"2026-03-{day:02d} 07:00:00"}
        metrika.put_visit(COUNTER, {**visit, "pageViews": 1}, at(day + 1, 1))
    metrika.put_visit(
        COUNTER,
        {"visitID": "2", "clientID": "17", "dateTimeUTC": "2026-03-08 07:00:00", "pageViews": 5},
        at(11, 1),
    )
    metrika.delete_visit(COUNTER, "1", at(11, 1))


@dataclass
class Company:
    """The simulators' clock, and the configuration that asks them."""

    clock: FixedClock
    configuration: Path
    environment: dict[str, str]

    def settings(self, home: Path) -> Settings:
        return load_settings(self.configuration, home=home, environment=self.environment)

    def ingest(self, home: Path) -> None:
        """Every stream of the three vendors, one after another, so that the n-th commit is always the same one."""
        settings = self.settings(home)
        lake = Lake(settings.lake, self.clock)
        for kind, streams in STREAMS.items():
            for connector in connectors(settings, kind, self.clock):
                for stream in streams:
                    pull_stream(lake, connector, stream, contact_key=settings.contact_key)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    clock = FixedClock(MORNINGS[0])
    rules = Rules(has_customers=True, requests_a_second=None, account_requests_a_second=None)
    # the clock goes back to the first morning for every kill, and what is counted a second or a day would not
    crm = AmoCrm(clock, rules=rules)
    direct = YandexDirect(clock, report_rate=(None, 10.0), gives_stored=False)
    metrika = YandexMetrika(
        clock, token=METRIKA_TOKEN, requests_per_second=None, logs_per_second=None, requests_per_day=None
    )
    fill_crm(crm)
    fill_direct(direct)
    fill_metrika(metrika)
    with ExitStack() as running:
        for simulator in (crm, direct, metrika):
            running.enter_context(simulator)
        configuration = tmp_path_factory.mktemp("kills") / "onefunnel.yml"
        configuration.write_text(CONFIGURATION.format(crm=crm.url, direct=direct.url, metrika=metrika.url))
        environment = {
            "ONEFUNNEL_CONTACT_KEY": "made-up people, so the key is no secret",
            "ONEFUNNEL_AMOCRM_TOKEN": crm.long_lived_token(MORNINGS[0] + timedelta(days=365)),
            "ONEFUNNEL_YANDEX_DIRECT_TOKEN": DIRECT_TOKEN,
            "ONEFUNNEL_YANDEX_METRIKA_TOKEN": METRIKA_TOKEN,
        }
        yield Company(clock, configuration, environment)


class Killed(BaseException):
    """The process is gone."""


@contextmanager
def killed_at(number: int | None, *, is_renamed: bool) -> Iterator[list[Path]]:
    """The process dies at its n-th commit, just before the rename or just after it; yields what was committed.

    A dead process tidies nothing up: what stands in temporary directories stays.
    """
    commits: list[Path] = []
    numbers = itertools.count(1)
    rename, remove = Path.rename, shutil.rmtree
    is_dead = False

    def rename_or_die(path: Path, target: Path) -> Path:
        nonlocal is_dead
        is_last = next(numbers) == number
        if is_last and not is_renamed:
            is_dead = True
            raise Killed
        moved = rename(path, target)
        commits.append(target)
        if is_last:
            is_dead = True
            raise Killed
        return moved

    def remove_unless_dead(path: Path, ignore_errors: bool = False) -> None:
        if not is_dead:
            remove(path, ignore_errors)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "rename", rename_or_die)
        patch.setattr(shutil, "rmtree", remove_unless_dead)
        yield commits


def rows_of(pull: Pull) -> list[dict[str, Any]]:
    return [row for part in pull.parts for row in pq.read_table(part, partitioning=None).to_pylist()]


DAY_COLUMNS = {"performance_daily": "Date", "visits": "date", "hits": "date"}
"""Stream of days → its column of the day; of every day the newest pull that covers it holds, an empty one too."""


def what_is_known(lake: Lake) -> dict[str, Any]:
    """What a lake says in the end: of days the rows of the newest pull that covers them, of objects the newest version, of
    whole lists who is in the newest."""
    pulls: dict[str, list[Pull]] = {}
    for pull in lake.pulls():
        lake.verify(pull)
        pulls.setdefault(f"{pull.source}/{pull.stream}", []).append(pull)
    known: dict[str, Any] = {}
    for name, versions in pulls.items():
        day_column = DAY_COLUMNS.get(name.partition("/")[2])
        held: dict[str, list[dict[str, Any]]] = {}
        for pull in versions:
            rows = [{key: value for key, value in row.items() if key != "_row"} for row in rows_of(pull)]
            if day_column is None:
                held.update({row["_key"]: [row] for row in rows})
            else:
                assert pull.window_from is not None
                assert pull.window_to is not None
                held = {day: told for day, told in held.items() if not pull.window_from <= day <= pull.window_to}
                for row in rows:
                    held.setdefault(row[day_column], []).append(row)
        known[name] = {key: sorted(map(str, told)) for key, told in held.items()}
        if versions[-1].kind == "snapshot":
            known[f"{name}, the list"] = sorted(row["_key"] for row in rows_of(versions[-1]))
    return known


def live_through(company: Company, home: Path, *, killed: int | None = None, is_renamed: bool = False) -> int:
    """Both mornings; where the run is killed it is started again ten minutes later. Returns the commits until it was killed."""
    kept: list[Killed] = []
    with killed_at(killed, is_renamed=is_renamed) as commits:
        for morning in MORNINGS:
            company.clock.move_to(morning)
            try:
                company.ingest(home)
            except Killed as error:
                # its frames hold the connector, which would otherwise still tidy up at the vendor
                kept.append(error)
                break
    if kept:
        for again in (morning + LATER, *(later for later in MORNINGS if later > morning)):
            company.clock.move_to(again)
            company.ingest(home)
    return len(commits)


@pytest.fixture(scope="module")
def undisturbed(company: Company, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, Any]]:
    """Commits of two mornings without a kill, and what is known after them."""
    home = tmp_path_factory.mktemp("undisturbed")
    return live_through(company, home), what_is_known(Lake(home / "lake"))


def test_the_undisturbed_lake_knows_what_changed_between_the_mornings(undisturbed: tuple[int, dict[str, Any]]) -> None:
    """So that the kills below have something to lose; every row by hand from what the simulators were filled with."""
    commits, known = undisturbed
    assert commits >= 40
    assert known["amocrm/leads"].keys() == {"100", "101", "102", "103"}
    assert "'25000'" in known["amocrm/leads"]["100"][0]
    assert known["amocrm/users, the list"] == ["2"]
    assert any("Принят" in row for rows in known["amocrm/pipelines"].values() for row in rows)
    assert known["yandex_direct/performance_daily"].keys() == {
        str(date(2026, 1, 25) + timedelta(days=number)) for number in range(46)
    }
    (restated,) = known["yandex_direct/performance_daily"]["2026-03-08"]
    assert "'Clicks': '1'" in restated
    assert {day: len(rows) for day, rows in known["yandex_metrika/visits"].items()} == {
        "2026-03-08": 2,
        "2026-03-10": 1,
        "2026-03-11": 1,
    }


@pytest.mark.parametrize(
    "is_renamed",
    [
        pytest.param(False, id="before the rename"),
        # but for the directory that is left over it is the kill before the next rename
        pytest.param(True, id="after the rename", marks=pytest.mark.verify),
    ],
)
def test_a_run_killed_at_any_commit_and_started_again_knows_what_an_undisturbed_one_does(
    company: Company, undisturbed: tuple[int, dict[str, Any]], tmp_path: Path, is_renamed: bool
) -> None:
    commits, known = undisturbed
    differing, leftovers = [], []
    for number in range(1, commits + 1):
        home = tmp_path / str(number)
        assert live_through(company, home, killed=number, is_renamed=is_renamed) == number - 1 + is_renamed
        found = what_is_known(Lake(home / "lake"))
        differing += [(number, name) for name in known.keys() | found.keys() if known.get(name) != found.get(name)]
        leftovers += list(home.rglob("_tmp-*"))
    assert differing == []
    assert leftovers == []


# the whole demo, killed by the system

DEMO = ("demo", "--size", "small")


def started(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "orchestration", *DEMO],
        cwd=PROJECT_ROOT,
        env={**os.environ, "ONEFUNNEL_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def kill(process: subprocess.Popen[str]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


@pytest.mark.verify
def test_a_demo_killed_in_the_pulls_of_a_morning_goes_on_with_that_morning(living: Built, tmp_path: Path) -> None:
    home = tmp_path / "home"
    raw = home / "lake" / "raw" / "amocrm"
    process = started(home)
    while not (raw / "contacts" / "pull=3").exists():
        assert process.poll() is None
        time.sleep(0.002)
    kill(process)
    # the staff are the last that amoCRM is asked for
    assert not (raw / "users" / "pull=3").exists()
    before = {pull.directory: pull.sha256 for pull in Lake(home / "lake").pulls()}

    done = onefunnel(*DEMO, home=home)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "morning 2 of 5" not in done.stdout
    assert "morning 3 of 5" in done.stdout
    after = {pull.directory: pull.sha256 for pull in Lake(home / "lake").pulls()}
    assert before.items() <= after.items()
    assert differences(living.published, home / "published" / "current") == []


@pytest.mark.verify
def test_a_demo_killed_while_dbt_builds_publishes_nothing_and_the_next_one_completes_it(
    living: Built, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    process = started(home)
    assert process.stdout is not None
    printed = []
    for line in process.stdout:
        printed.append(line)
        if "dbt: 100 models and tests done" in line:
            break
    kill(process)
    assert "dbt: 100 models and tests done" in printed[-1]
    assert not (home / "published" / "current").exists()

    done = onefunnel(*DEMO, home=home)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "morning 4 of 5" not in done.stdout
    assert differences(living.published, home / "published" / "current") == []


@pytest.mark.verify
def test_the_demo_once_more_in_the_same_home_changes_nothing(living: Built, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(living.home, home, symlinks=True)
    done = onefunnel(*DEMO, home=home)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    second = home / "published" / "current"
    assert second.resolve().name != living.published.resolve().name
    assert differences(living.published, second) == []


@pytest.mark.verify
def test_the_comparison_sees_a_build_that_heard_of_something_else(living: Built, tmp_path: Path) -> None:
    """So that the tests above can fail: one row less in one table is a difference."""
    other = tmp_path / "build"
    shutil.copytree(living.published.resolve(), other)
    leads = other / "parquet" / "fct_leads.parquet"
    pq.write_table(pq.read_table(leads).slice(1), leads)
    assert differences(living.published, other) == ["fct_leads"]
