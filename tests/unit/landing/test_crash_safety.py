"""Law 3: after a kill at any point the visible pulls are whole, and running again gives an undisturbed result."""

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.clock import FixedClock
from orchestration.landing import Lake, Pull
from orchestration.landing import lake as lake_module
from orchestration.landing import writer as writer_module

PROJECT = Path(__file__).resolve().parents[3]

WRITER = """
import sys
from pathlib import Path
import pyarrow as pa
from orchestration.landing import Lake

lake = Lake(Path(sys.argv[1]))
while True:
    last = lake.latest("crm", "leads")
    first = 1000 * (last.pull if last else 0)
    with lake.open_pull("crm", "leads", columns=["lead_id", "segment"]) as writer:
        writer.write(pa.table({"lead_id": [str(first + i) for i in range(1000)]}))
        writer.quarantine(pa.table({"scope": ["row"], "row_number": [1001]}))
        writer.describe(rows_in=1001)
    print("landed", flush=True)
"""


def start_writer(root: Path) -> "subprocess.Popen[str]":
    """A process that lands pulls without end; it has landed its first when this returns."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(root)], stdout=subprocess.PIPE, text=True, cwd=PROJECT, env=os.environ
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "landed"
    return process


def ids(pulls: list[Pull]) -> list[str]:
    return [
        value
        for pull in pulls
        for part in pull.parts
        for value in pq.read_table(part, partitioning=None).column("lead_id").to_pylist()
    ]


def test_after_kill_9_at_any_moment_every_visible_pull_is_whole_and_the_writer_goes_on(tmp_path: Path) -> None:
    moments = random.Random(7)
    seen = 0
    for _ in range(4):
        process = start_writer(tmp_path)
        time.sleep(moments.uniform(0.02, 0.15))
        process.send_signal(signal.SIGKILL)
        process.wait()
        lake = Lake(tmp_path)
        pulls = lake.pulls()
        for pull in pulls:
            lake.verify(pull)
            assert (pull.rows_in, pull.rows, pull.quarantined) == (1001, 1000, 1)
        assert [pull.pull for pull in pulls] == list(range(1, len(pulls) + 1))
        assert len(pulls) >= seen
        seen = len(pulls)
    assert seen > 0
    assert ids(Lake(tmp_path).pulls()) == [str(number) for number in range(1000 * seen)]


def test_leftovers_of_a_killed_writer_are_swept_and_those_of_a_living_one_stay(tmp_path: Path) -> None:
    lake = Lake(tmp_path, FixedClock())
    stream = lake.raw / "crm" / "leads"
    dead = stream / "_tmp-dead"
    dead.mkdir(parents=True)
    (dead / "part-00000.parquet").write_bytes(b"half")
    with lake.open_pull("crm", "leads", columns=["lead_id"]) as living:
        assert not dead.exists()
        with lake.open_pull("crm", "leads", columns=["lead_id"]) as second:
            assert living.directory.exists()
            assert second.directory.exists()
    assert [path.name for path in sorted(stream.iterdir())] == ["pull=1", "pull=2"]


BOUNDARIES = [
    (writer_module, "sync"),
    (writer_module, "_sync_and_hash"),
    (writer_module.PullWriter, "write"),
    (writer_module.PullWriter, "quarantine"),
    (writer_module.PullWriter, "finish"),
    (writer_module.PullWriter, "commit"),
    (writer_module.PullWriter, "close"),
    (lake_module.Lake, "_next_number"),
    (pq.ParquetWriter, "write_table"),
    (pq.ParquetWriter, "close"),
    (Path, "rename"),
    (Path, "write_text"),
]


def one_pull(lake: Lake) -> Pull:
    with lake.open_pull("crm", "leads", columns=["lead_id"]) as writer:
        writer.write(pa.table({"lead_id": ["1", "2"]}))
        writer.quarantine(pa.table({"scope": ["row"], "row_number": [3]}))
        writer.describe(rows_in=3)
    return writer.committed


@pytest.mark.parametrize(("owner", "name"), BOUNDARIES, ids=lambda value: getattr(value, "__name__", value))
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()], ids=["error", "interrupt"])
def test_a_failure_at_any_boundary_leaves_nothing_and_the_next_run_is_as_if_undisturbed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, error: BaseException
) -> None:
    undisturbed = one_pull(Lake(tmp_path / "undisturbed", FixedClock()))
    lake = Lake(tmp_path / "lake", FixedClock())

    def fail(*arguments: Any, **named: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, fail)
        with pytest.raises(type(error)):
            one_pull(lake)
    assert lake.pulls() == []
    assert list((lake.raw / "crm" / "leads").iterdir()) == []
    again = one_pull(lake)
    assert (again.pull, again.sha256) == (1, undisturbed.sha256)
    assert again.to_json() == undisturbed.to_json()


def test_concurrent_writers_get_numbers_of_their_own_and_lose_nothing(tmp_path: Path) -> None:
    def land(number: int) -> None:
        with Lake(tmp_path).open_pull("crm", "leads", columns=["lead_id"], account=f"{number}.csv") as writer:
            writer.write(pa.table({"lead_id": [str(number)]}))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(land, range(24)))
    pulls = Lake(tmp_path).pulls()
    assert [pull.pull for pull in pulls] == list(range(1, 25))
    assert sorted(ids(pulls), key=int) == [str(number) for number in range(24)]


def test_concurrent_processes_get_numbers_of_their_own(tmp_path: Path) -> None:
    processes = [start_writer(tmp_path) for _ in range(2)]
    time.sleep(0.3)
    for process in processes:
        process.kill()
        process.wait()
    lake = Lake(tmp_path)
    pulls = lake.pulls()
    assert [pull.pull for pull in pulls] == list(range(1, len(pulls) + 1))
    for pull in pulls:
        lake.verify(pull)
