"""One run at a time per home."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.clock import FixedClock
from orchestration.locks import HomeBusyError, HomeLock

PROJECT = Path(__file__).resolve().parents[3]
HOLDER = """
import sys, time
from pathlib import Path
from orchestration.locks import HomeLock

with HomeLock(Path(sys.argv[1]), run_id="nightly"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_run_is_told_who_holds_the_home(tmp_path: Path) -> None:
    clock = FixedClock(datetime(2026, 6, 1, 9, 30, tzinfo=UTC))
    with HomeLock(tmp_path, run_id="r1", clock=clock):
        expected = f"run r1, process {os.getpid()}, started at 2026-06-01T09:30:00Z"
        with pytest.raises(HomeBusyError, match=expected):
            HomeLock(tmp_path, run_id="r2", clock=clock).acquire()
    with HomeLock(tmp_path, run_id="r3", clock=clock):
        assert json.loads((tmp_path / "run.lock").read_text())["run_id"] == "r3"


def test_the_lock_of_a_killed_run_is_free(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, cwd=PROJECT)
    assert process.stdout is not None
    process.stdout.readline()
    with pytest.raises(HomeBusyError, match=f"run nightly, process {process.pid}"):
        HomeLock(tmp_path).acquire()
    process.send_signal(signal.SIGKILL)
    process.wait()
    with HomeLock(tmp_path):
        pass


def test_a_holder_that_has_not_written_its_name_yet_still_holds(tmp_path: Path) -> None:
    with HomeLock(tmp_path):
        (tmp_path / "run.lock").write_text("")
        with pytest.raises(HomeBusyError, match="a run that is only just starting"):
            HomeLock(tmp_path).acquire()


def test_letting_go_twice_is_harmless(tmp_path: Path) -> None:
    lock = HomeLock(tmp_path)
    lock.acquire()
    lock.release()
    lock.release()
