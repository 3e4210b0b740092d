"""The local cluster touches its own processes only and says what is wrong."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.spark import cluster
from orchestration.spark.session import SparkError


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen]:
    """A process that has the number of a worker that ended long ago."""
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.kill()
    process.wait()


def write_state(folder: Path, pid: int) -> None:
    processes = [{"role": "master", "pid": pid, "log": str(folder / "master.log")}]
    state = {"mark": "onefunnel-x", "url": "spark://127.0.0.1:1", "page": "http://127.0.0.1:1", "processes": processes}
    (folder / "cluster.json").write_text(json.dumps(state))


def test_a_number_that_another_program_has_now_is_left_alone(tmp_path: Path, stranger: subprocess.Popen) -> None:
    write_state(tmp_path, stranger.pid)
    found = cluster.status(tmp_path)
    assert found is not None
    assert found.alive == {"master": False}
    assert not found.answers
    assert cluster.down(tmp_path) == []
    assert stranger.poll() is None
    assert cluster.status(tmp_path) is None


def test_without_a_cluster_nothing_is_ended(tmp_path: Path) -> None:
    assert cluster.status(tmp_path) is None
    assert cluster.down(tmp_path) == []


def test_a_broken_state_is_named(tmp_path: Path) -> None:
    (tmp_path / "cluster.json").write_text("{}")
    with pytest.raises(SparkError, match=r"cluster\.json: not a state of a cluster"):
        cluster.status(tmp_path)


def test_without_java_nothing_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "problem", lambda: "no Java was found: install one")
    with pytest.raises(SparkError, match="no Java was found"):
        cluster.up(tmp_path, say=print)
    assert list(tmp_path.iterdir()) == []
