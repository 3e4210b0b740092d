"""Pulls of several accounts in threads: what overlaps, what does not, what fails, what is asked again, and how it ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from orchestration.clock import Clock, FixedClock, SystemClock
from orchestration.landing import Lake
from orchestration.settings import Settings, SettingsError, load_settings
from orchestration.sources.api import amocrm, yandex_direct
from orchestration.sources.api.http import ApiError
from orchestration.sources.api.stream import Known, Pulled, Span, Stream
from orchestration.vendor_pulls import RunEndedError, VendorPulls

STREAMS = {"amocrm": amocrm.STREAMS, "yandex_direct": yandex_direct.STREAMS}


class Account:
    """A connector whose pulls are one row each, after `before` has been called with the stream's name."""

    version = "1"

    def __init__(self, name: str, account: str, clock: Clock, before: Callable[[str, Clock], None]) -> None:
        self.name = name
        self.account = account
        self.streams = STREAMS[name]
        self._clock = clock
        self._before = before

    def pull(self, stream: Stream, known: Known, span: Span | None = None) -> Iterator[Pulled]:
        self._before(stream.name, self._clock)
        row = pa.table({name: pa.array(["1"]) for name in stream.key})
        yield Pulled(stream, self.account, stream.kind, iter([row]))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    path = tmp_path / "onefunnel.yml"
    path.write_text(
        "company: c\nreporting_currency: RUB\nsources: [{type: yandex_direct, account: a, since: 2026-01-01}]\n"
    )
    return load_settings(path, home=tmp_path / "home", environment={"ONEFUNNEL_CONTACT_KEY": "key of made-up people"})


@pytest.fixture
def pulls_of(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., VendorPulls]:
    """Pulls of fake accounts, given as (source, account, what happens before each pull)."""

    def make(*accounts: tuple[str, str, Callable[[str, Clock], None]], clock: Clock | None = None) -> VendorPulls:
        def connectors(settings: Settings, kind: str, clock: Clock) -> list[Account]:
            found = [Account(name, account, clock, before) for name, account, before in accounts if name == kind]
            if not found:
                raise SettingsError(f"{kind}: no token")
            return found

        monkeypatch.setattr("orchestration.vendor_pulls.connectors", connectors)
        the_clock = clock or FixedClock()
        return VendorPulls(settings, Lake(settings.lake, the_clock), the_clock, lambda message: None)

    return make


def nothing(stream: str, clock: Clock) -> None:
    """An answer without delay."""


def test_accounts_are_asked_at_the_same_time(pulls_of: Callable[..., VendorPulls]) -> None:
    met = threading.Barrier(3, timeout=20)

    def meets(stream: str, clock: Clock) -> None:
        if stream in ("leads", "ads"):
            met.wait()

    accounts = [("amocrm", "one", meets), ("amocrm", "two", meets), ("yandex_direct", "shop", meets)]
    with pulls_of(*accounts) as pulls:
        pulls.start([("amocrm", "leads"), ("yandex_direct", "ads")])
        assert [result.rows for result in pulls.result("amocrm", "leads")] == [1, 1]
        assert [result.rows for result in pulls.result("yandex_direct", "ads")] == [1]


def test_streams_of_one_account_go_one_after_the_other_and_each_once(pulls_of: Callable[..., VendorPulls]) -> None:
    asked: list[str] = []
    busy = threading.Lock()

    def alone(stream: str, clock: Clock) -> None:
        assert busy.acquire(blocking=False), "two streams of one account at once"
        asked.append(stream)
        time.sleep(0.02)
        busy.release()

    wanted = ["leads", "events", "tasks", "users"]
    with pulls_of(("amocrm", "one", alone)) as pulls:
        for stream in reversed(wanted):
            pulls.start([("amocrm", name) for name in wanted])
            assert [result.rows for result in pulls.result("amocrm", stream)] == [1]
    assert asked == wanted
    assert [pull.pull for pull in pulls.lake.pulls("amocrm")] == [1, 1, 1, 1]


def test_an_account_that_fails_keeps_no_other_from_landing_and_only_it_is_asked_again(
    pulls_of: Callable[..., VendorPulls],
) -> None:
    tries = {"one": 0, "two": 0}

    def counted(account: str, error: Exception | None) -> Callable[[str, Clock], None]:
        def before(stream: str, clock: Clock) -> None:
            tries[account] += 1
            if error is not None and tries[account] == 1:
                raise error

        return before

    full = OSError("no space left")
    accounts = [("amocrm", "one", counted("one", full)), ("amocrm", "two", counted("two", None))]
    with pulls_of(*accounts) as pulls:
        pulls.start([("amocrm", "leads")])
        with pytest.raises(OSError, match="no space left"):
            pulls.result("amocrm", "leads")
        assert [pull.account for pull in pulls.lake.pulls("amocrm", "leads")] == ["two"]
        pulls.start([("amocrm", "leads")])
        assert tries == {"one": 1, "two": 1}, "another step of the run asks nobody again"
        assert len(pulls.result("amocrm", "leads")) == 2
    assert tries == {"one": 2, "two": 1}


def test_accounts_that_fail_together_are_all_named(pulls_of: Callable[..., VendorPulls]) -> None:
    def down(account: str) -> Callable[[str, Clock], None]:
        def before(stream: str, clock: Clock) -> None:
            raise ApiError(f"{account} is down")

        return before

    with (
        pulls_of(("amocrm", "one", down("one")), ("amocrm", "two", down("two"))) as pulls,
        pytest.raises(ApiError, match="one is down\ntwo is down"),
    ):
        pulls.result("amocrm", "leads")


def test_a_vendor_without_a_token_fails_by_its_own_step_and_no_other(pulls_of: Callable[..., VendorPulls]) -> None:
    with pulls_of(("amocrm", "one", nothing)) as pulls:
        pulls.start([("yandex_direct", "ads"), ("amocrm", "leads")])
        assert len(pulls.result("amocrm", "leads")) == 1
        with pytest.raises(SettingsError, match="yandex_direct: no token"):
            pulls.result("yandex_direct", "ads")


def test_a_run_that_ends_sits_no_pause_of_a_vendor_out(pulls_of: Callable[..., VendorPulls]) -> None:
    waits = threading.Event()
    ended: list[type] = []

    def long_pause(stream: str, clock: Clock) -> None:
        waits.set()
        try:
            clock.sleep(900)
        except RunEndedError as error:
            ended.append(type(error))
            raise

    began = time.monotonic()
    with pulls_of(("amocrm", "one", long_pause), clock=SystemClock()) as pulls:
        pulls.start([("amocrm", "leads"), ("amocrm", "tasks")])
        assert waits.wait(20)
    assert time.monotonic() - began < 20
    assert ended == [RunEndedError], "and the stream after it is not begun"
    assert pulls.lake.pulls() == []


def test_a_pause_is_as_long_as_the_vendor_wants_it(pulls_of: Callable[..., VendorPulls]) -> None:
    clock = FixedClock()
    began = clock.exact()
    with pulls_of(("amocrm", "one", lambda stream, clock: clock.sleep(300.25)), clock=clock) as pulls:
        pulls.result("amocrm", "leads")
    assert (clock.exact() - began).total_seconds() == 300.25
