"""The file of rotating tokens: never two refreshes with one token, never a pair in use that is not on the disk."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.simulators.amocrm import AmoCrm as Simulated
from demo.simulators.amocrm import Rules
from demo.simulators.server import Fault
from orchestration.clock import FixedClock
from orchestration.locks import exclusive
from orchestration.settings import PROJECT_ROOT
from orchestration.sources.api.amocrm import OAuth
from orchestration.sources.api.http import ApiError
from orchestration.sources.api.tokens import LongLivedToken, Pair, RotatingTokens

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


class Vendor:
    """Counts refreshes and answers with numbered pairs."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.asked_with: list[str] = []

    def refresh(self, token: str) -> Pair:
        self.asked_with.append(token)
        number = len(self.asked_with)
        return Pair(f"access-{number}", f"refresh-{number}", self.clock.now() + DAY)


@pytest.fixture
def vendor() -> Vendor:
    return Vendor(FixedClock(START))


@pytest.fixture
def tokens(vendor: Vendor, tmp_path: Path) -> RotatingTokens:
    """With the pair 0 in the file, good for a day."""
    made = RotatingTokens("amocrm", tmp_path / "tokens.json", vendor.clock, vendor.refresh)
    made.keep(Pair("access-0", "refresh-0", START + DAY))
    return made


def on_disk(path: Path) -> tuple[str, str]:
    document = json.loads(path.read_text(encoding="utf-8"))
    return document["access_token"], document["refresh_token"]


def test_a_good_token_is_given_without_a_refresh(tokens: RotatingTokens, vendor: Vendor) -> None:
    vendor.clock.advance(DAY - timedelta(minutes=6))
    assert tokens.access_token() == "access-0"
    assert vendor.asked_with == []


def test_a_token_is_refreshed_five_minutes_before_its_end(tokens: RotatingTokens, vendor: Vendor) -> None:
    vendor.clock.advance(DAY - timedelta(minutes=5))
    assert tokens.access_token() == "access-1"
    assert tokens.access_token() == "access-1"
    assert vendor.asked_with == ["refresh-0"]
    assert on_disk(tokens.path) == ("access-1", "refresh-1")


def test_only_the_owner_may_read_the_file_whatever_the_umask(tokens: RotatingTokens, vendor: Vendor) -> None:
    old = os.umask(0)
    try:
        vendor.clock.advance(DAY)
        tokens.access_token()
    finally:
        os.umask(old)
    assert tokens.path.stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in tokens.path.parent.iterdir()) == ["tokens.json", "tokens.json.lock"]


def test_a_file_that_others_may_read_is_refused(tokens: RotatingTokens) -> None:
    tokens.path.chmod(0o644)
    with pytest.raises(ApiError, match=r"chmod 600 tokens\.json"):
        tokens.access_token()


@pytest.mark.parametrize(
    "text", ["", '{"access_token": "secret', "[]", '{"access_token": "secret", "refresh_token": 1, "ends_at": 1}']
)
def test_a_file_that_is_not_ours_asks_for_consent_without_repeating_it(tokens: RotatingTokens, text: str) -> None:
    tokens.path.write_text(text)
    with pytest.raises(ApiError, match="consent anew") as caught:
        tokens.access_token()
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_no_file_asks_for_the_first_consent(vendor: Vendor, tmp_path: Path) -> None:
    with pytest.raises(ApiError, match="give consent and save the first pair"):
        RotatingTokens("amocrm", tmp_path / "none.json", vendor.clock, vendor.refresh).access_token()


def test_a_refused_access_token_is_renewed_unless_somebody_else_did(tokens: RotatingTokens, vendor: Vendor) -> None:
    tokens.renew("access-0")
    assert on_disk(tokens.path) == ("access-1", "refresh-1")
    tokens.renew("access-0")
    assert vendor.asked_with == ["refresh-0"]


def test_the_new_pair_is_on_the_disk_before_it_is_given_out(
    tokens: RotatingTokens, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    real_fsync, real_replace = os.fsync, Path.replace

    def fsync(descriptor: int) -> None:
        order.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        real_fsync(descriptor)

    def replace(path: Path, target: Path) -> Path:
        order.append("rename")
        return real_replace(path, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    vendor.clock.advance(DAY)
    order.append(tokens.access_token())
    assert order == ["file", "rename", "folder", "access-1"]


def test_a_disk_that_is_full_leaves_the_old_pair_and_says_so(
    tokens: RotatingTokens, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    vendor.clock.advance(DAY)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(ApiError, match=r"No space left on device.*the old pair is in place") as caught:
            tokens.access_token()
    assert "access-1" not in str(caught.value)
    assert on_disk(tokens.path) == ("access-0", "refresh-0")
    assert tokens.access_token() == "access-2"
    assert vendor.asked_with == ["refresh-0", "refresh-0"]


def test_tokens_are_in_no_representation(tokens: RotatingTokens) -> None:
    pair = Pair("access-0", "refresh-0", START)
    for shown in (repr(tokens), repr(pair), str(pair), repr(LongLivedToken("amocrm", "access-0"))):
        assert "access-0" not in shown
        assert "refresh-0" not in shown


def test_many_threads_refresh_once(tokens: RotatingTokens, vendor: Vendor) -> None:
    vendor.clock.advance(DAY)
    start = threading.Barrier(8)
    got: list[str] = []

    def ask() -> None:
        start.wait()
        got.append(tokens.access_token())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == ["access-1"] * 8
    assert vendor.asked_with == ["refresh-0"]


# ---- processes, against the vendor's protocol


@pytest.fixture
def crm() -> Iterator[Simulated]:
    with Simulated(FixedClock(START), rules=Rules()) as running:
        yield running


def consented(crm: Simulated, path: Path) -> RotatingTokens:
    oauth = OAuth(crm.url, crm.clock, crm.CLIENT_ID, crm.CLIENT_SECRET, crm.REDIRECT_URI)
    tokens = oauth.tokens(path)
    tokens.keep(oauth.redeem(crm.consent()))
    return tokens


SCRIPT = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from orchestration.clock import FixedClock
from orchestration.sources.api.amocrm import OAuth
url, path, instant, client_id, secret, redirect_uri, killed_at = sys.argv[1:]
def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)
if killed_at == "answer":
    os.fsync = kill
if killed_at == "rename":
    Path.replace = kill
oauth = OAuth(url, FixedClock(datetime.fromisoformat(instant)), client_id, secret, redirect_uri)
print("ready", flush=True)
print(oauth.tokens(Path(path)).access_token())
"""


def process(crm: Simulated, path: Path, killed_at: str = "") -> subprocess.Popen[str]:
    """Another process that asks for the access token, at the simulator's instant."""
    argv = [crm.url, str(path), crm.now.isoformat(), crm.CLIENT_ID, crm.CLIENT_SECRET, crm.REDIRECT_URI, killed_at]
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *argv],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_processes_refresh_once_and_both_have_the_new_token(crm: Simulated, tmp_path: Path) -> None:
    tokens = consented(crm, tmp_path / "tokens.json")
    crm.clock.advance(DAY)
    # held until both are about to ask, so that they meet at the lock
    with exclusive(tmp_path / "tokens.json.lock"):
        both = [process(crm, tokens.path) for _ in range(2)]
        for one in both:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
    said = [one.communicate(timeout=30) for one in both]
    assert [errors for _, errors in said] == ["", ""]
    assert {text.strip() for text, _ in said} == {on_disk(tokens.path)[0]}
    assert crm.refreshes == 1


@pytest.mark.parametrize("killed_at", ["answer", "rename"])
def test_a_process_killed_between_the_answer_and_the_file_loses_nothing(
    crm: Simulated, tmp_path: Path, killed_at: str
) -> None:
    tokens = consented(crm, tmp_path / "tokens.json")
    before = on_disk(tokens.path)
    crm.clock.advance(DAY)
    killed = process(crm, tokens.path, killed_at)
    assert killed.wait(timeout=30) == -signal.SIGKILL
    assert crm.refreshes == 1, "the vendor has given a pair that nobody has"
    assert on_disk(tokens.path) == before
    assert tokens.access_token() == on_disk(tokens.path)[0] != before[0]
    assert crm.refreshes == 2
    crm.clock.advance(DAY)
    tokens.access_token()
    assert crm.refreshes == 3, "the pair in the file is the one the vendor goes on with"
    assert tokens.path.stat().st_mode & 0o777 == 0o600


def test_an_answer_that_was_lost_is_asked_for_again_with_the_old_token(crm: Simulated, tmp_path: Path) -> None:
    tokens = consented(crm, tmp_path / "tokens.json")
    crm.clock.advance(DAY)
    crm.faults.append(Fault("POST /oauth2/access_token", "drop", share=0.5, times=2))
    assert tokens.access_token() == on_disk(tokens.path)[0]
    assert crm.refreshes == 3


def test_a_vendor_that_is_down_leaves_the_pair_for_a_later_run(crm: Simulated, tmp_path: Path) -> None:
    tokens = consented(crm, tmp_path / "tokens.json")
    before = on_disk(tokens.path)
    crm.clock.advance(DAY)
    crm.faults.append(Fault("POST /oauth2/access_token", "status", status=503, times=6))
    with pytest.raises(ApiError, match="run again later") as caught:
        tokens.access_token()
    assert caught.value.is_passing
    assert on_disk(tokens.path) == before
    assert tokens.access_token() != before[0]


def test_a_refresh_token_that_somebody_used_elsewhere_asks_for_consent(crm: Simulated, tmp_path: Path) -> None:
    tokens = consented(crm, tmp_path / "tokens.json")
    copy = tmp_path / "copy" / "tokens.json"
    copy.parent.mkdir()
    copy.write_text(tokens.path.read_text())
    copy.chmod(0o600)
    elsewhere = OAuth(crm.url, crm.clock, crm.CLIENT_ID, crm.CLIENT_SECRET, crm.REDIRECT_URI).tokens(copy)
    for _ in range(2):
        crm.clock.advance(DAY)
        elsewhere.access_token()
    with pytest.raises(ApiError, match="consent anew and save the new pair") as caught:
        tokens.access_token()
    assert not caught.value.is_passing
    for secret in on_disk(tokens.path):
        assert secret not in str(caught.value)


def test_a_pair_of_a_new_consent_takes_the_place_of_a_dead_one(crm: Simulated, tmp_path: Path) -> None:
    tokens = consented(crm, tmp_path / "tokens.json")
    crm.clock.advance(timedelta(days=91))
    with pytest.raises(ApiError, match="three months old"):
        tokens.access_token()
    consented(crm, tmp_path / "tokens.json")
    assert tokens.access_token() == on_disk(tokens.path)[0]
