"""What a data team meets at night: a full disk, a process killed at any step."""

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from orchestration.landing import Lake
from orchestration.publication import compare_builds
from orchestration.settings import PROJECT_ROOT
from tests.conftest import Built, onefunnel, onefunnel_here

CONFIG = "demo/company/onefunnel.yml"

STEPS = (
    "demo_crm/leads: reading",
    "demo_web/visits: reading",
    "build ",
    "expectations: ",
    "dbt: 100 models",
    "dbt: 200 models",
    "reconciliation: ",
    "training: ",
    "scores: ",
    "published ",
    "page: ",
)
"""Beginnings of progress lines, in the order of a run; it is killed as soon as each is printed."""


def environment_of(exports: Path) -> dict[str, str]:
    return {
        "ONEFUNNEL_DEMO_EXPORTS": str(exports),
        "ONEFUNNEL_CONTACT_KEY": "demo company: made-up people, so the key is no secret",
    }


def started(home: Path, exports: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "orchestration", "run", "--config", CONFIG],
        cwd=PROJECT_ROOT,
        env={**os.environ, **environment_of(exports), "ONEFUNNEL_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 170 MB in memory."""
    folder = Path(tempfile.mkdtemp())
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", str(folder).encode(), b"tmpfs", 0, b"size=170m") != 0:
        folder.rmdir()
        pytest.skip(f"no file system may be mounted here ({os.strerror(ctypes.get_errno())})")
    try:
        yield folder
    finally:
        if libc.umount2(str(folder).encode(), 2) != 0:  # 2: MNT_DETACH
            raise OSError(ctypes.get_errno(), f"cannot unmount {folder}")
        folder.rmdir()


# a push has twenty minutes, and each build takes one of them since the clocks, KPIs and reviews are part of it
@pytest.mark.verify
def test_a_disk_that_fills_up_during_a_run_is_named_and_the_next_run_completes_the_work(
    demo: Built, small_disk: Path
) -> None:
    home = small_disk / "home"
    process = started(home, demo.home / "exports")
    assert process.stdout is not None
    printed = []
    for line in process.stdout:
        printed.append(line)
        if "demo_crm/contacts: reading" in line:
            with pytest.raises(OSError, match="No space left"):
                fill_the_disk(small_disk / "filler")
    assert process.wait() == 1, "".join(printed)
    text = "".join(printed)
    assert "no space left on the disk" in text.lower() or "no space left on device" in text.lower(), text[-3000:]
    assert not (home / "published").exists()
    assert "Traceback" not in text

    (small_disk / "filler").unlink()
    landed = {pull.directory for pull in Lake(home / "lake").pulls()}
    assert landed
    done = onefunnel_here("run", "--config", CONFIG, home=home, environment=environment_of(demo.home / "exports"))
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert landed <= {pull.directory for pull in Lake(home / "lake").pulls()}
    assert_same_marts(demo.published, home / "published" / "current")


def fill_the_disk(file: Path) -> None:
    with file.open("wb") as filler:
        while filler.write(b"x" * 65536):
            filler.flush()


def what_was_heard(build: Path) -> pd.DataFrame:
    """`rpt_pulls` without the instants of this machine: of commits, and of reading what carries no date of its own."""
    pulls = pd.read_parquet(build / "parquet" / "rpt_pulls.parquet").drop(columns=["committed_at", "build_id"])
    pulls["observed_at"] = pulls["observed_at"].where(~pulls["source"].isin(["definitions", "calendar"]))
    return pulls.sort_values("pull_key", ignore_index=True)


def assert_same_marts(first: Path, second: Path) -> None:
    """Of two lakes that heard of the same files at different instants, which only `rpt_pulls` tells."""
    assert [difference.table for difference in compare_builds(first, second)] == ["rpt_pulls"]
    pd.testing.assert_frame_equal(what_was_heard(first), what_was_heard(second))


@pytest.mark.verify
def test_a_run_killed_at_every_step_in_turn_ends_with_the_marts_of_a_run_that_was_never_killed(
    demo: Built, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    for step in STEPS:
        process = started(home, demo.home / "exports")
        assert process.stdout is not None
        seen = False
        for line in process.stdout:
            if f"] {step}" in line:
                seen = True
                break
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert seen, step
    done = onefunnel("run", "--config", CONFIG, home=home, environment=environment_of(demo.home / "exports"))
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert_same_marts(demo.published, home / "published" / "current")
    pulls = Lake(home / "lake").pulls()
    assert len(pulls) == len(Lake(demo.home / "lake").pulls())
    assert [pull.directory for pull in pulls if pull.pull > 1] == []
