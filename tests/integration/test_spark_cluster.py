"""`onefunnel spark` as a user types it, and builds on a real cluster: master and workers as processes of their own."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.publication import compare_builds, fingerprints
from orchestration.settings import PROJECT_ROOT
from orchestration.spark import cluster
from orchestration.spark.session import problem
from tests.conftest import Built, onefunnel

DEMO_CONFIG = "demo/company/onefunnel.yml"


@pytest.fixture
def spark_home(tmp_path: Path) -> Iterator[Path]:
    """A home for a cluster, which is ended whatever the test does."""
    if reason := problem():
        pytest.skip(f"no Spark here: {reason}")
    yield tmp_path / "home"
    cluster.down(tmp_path / "home" / "spark")


def test_a_cluster_starts_shows_a_lost_worker_and_ends(spark_home: Path) -> None:
    started = onefunnel("spark", "up", "--workers", "1", "--memory", "512m", home=spark_home)
    assert started.returncode == 0, started.stdout + started.stderr
    assert re.search(r"spark://127\.0\.0\.1:\d+ is ready", started.stdout)
    again = onefunnel("spark", "up", home=spark_home)
    assert again.returncode == 1
    assert "runs already" in again.stderr
    shown = onefunnel("spark", "status", home=spark_home)
    assert shown.returncode == 0
    assert "1 workers with 1 cores" in shown.stdout

    state = cluster.status(spark_home / "spark")
    assert state is not None
    pids = {process.role: process.pid for process in state.cluster.processes}
    os.kill(pids["worker-1"], signal.SIGKILL)
    lost = onefunnel("spark", "status", home=spark_home)
    assert lost.returncode == 1
    assert re.search(r"worker-1 +\d+ +ENDED", lost.stdout)
    assert re.search(r"master +\d+ +runs", lost.stdout)

    ended = onefunnel("spark", "down", home=spark_home)
    assert ended.returncode == 0
    assert "ended: master;" in ended.stdout
    assert (spark_home / "spark" / "logs" / "worker-1.log").stat().st_size > 0
    assert onefunnel("spark", "status", home=spark_home).returncode == 1


def environment_of(built: Built, master: str) -> dict[str, str]:
    return {
        "ONEFUNNEL_CONTACT_KEY": "demo company: made-up people, so the key is no secret",
        "ONEFUNNEL_DEMO_EXPORTS": str(built.home / "exports"),
        "ONEFUNNEL_SPARK_MASTER": master,
    }


def with_the_lake_of(built: Built, home: Path) -> Path:
    """A home that has heard the same at the same instants."""
    shutil.copytree(built.home / "lake", home / "lake")
    return home


def assert_same_tables(built: Built, home: Path) -> None:
    published = home / "published" / "current"
    assert [difference.message for difference in compare_builds(built.published, published)] == []
    assert fingerprints(built.published) == fingerprints(published)


def start_run(config: str, home: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "orchestration", "run", "--engine", "spark", "--config", config],
        cwd=PROJECT_ROOT, env={**os.environ, "ONEFUNNEL_HOME": str(home), **environment},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def read_until(process: subprocess.Popen[str], text: str) -> list[str]:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return lines
    raise AssertionError(f"{text!r} was never said:\n" + "".join(lines[-40:]))


@pytest.mark.verify
@pytest.mark.parametrize("example", ["olist", "olist_semicolon"])
def test_an_example_whole_with_all_its_checks_is_the_same_on_spark(
    example: str, request: pytest.FixtureRequest, spark_home: Path
) -> None:
    built: Built = request.getfixturevalue(example)
    home = with_the_lake_of(built, spark_home)
    config = f"examples/{example}/onefunnel.yml"
    done = onefunnel(
        "run", "--engine", "spark", "--config", config, home=home, environment={"ONEFUNNEL_SPARK_MASTER": "local[2]"}
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert_same_tables(built, home)


@pytest.mark.verify
def test_a_build_on_a_cluster_is_the_same(demo: Built, spark_home: Path) -> None:
    home = with_the_lake_of(demo, spark_home)
    url = cluster.up(spark_home / "spark", say=print).url
    done = onefunnel(
        "run", "--engine", "spark", "--config", DEMO_CONFIG, home=home, environment=environment_of(demo, url)
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert_same_tables(demo, home)


@pytest.mark.verify
def test_a_worker_killed_during_the_build_changes_nothing(demo: Built, spark_home: Path) -> None:
    home = with_the_lake_of(demo, spark_home)
    started = cluster.up(spark_home / "spark", say=print)
    (worker,) = [process for process in started.processes if process.role == "worker-1"]
    process = start_run(DEMO_CONFIG, home, environment_of(demo, started.url))
    lines = read_until(process, "dbt: 100 models and tests done")
    os.killpg(worker.pid, signal.SIGKILL)  # the worker and its executor: a machine that is gone
    rest, _ = process.communicate()
    assert process.returncode == 0, "".join(lines[-20:]) + rest[-4000:]
    state = cluster.status(spark_home / "spark")
    assert state is not None
    assert not state.alive["worker-1"]
    log = (home / "warehouse" / "spark" / "driver.log").read_text(encoding="utf-8")
    assert re.search("lost executor|executor lost", log, re.IGNORECASE), "the worker was not part of the build"
    assert_same_tables(demo, home)


@pytest.mark.verify
def test_a_driver_killed_during_the_build_leaves_nothing_in_the_way(demo: Built, spark_home: Path) -> None:
    home = with_the_lake_of(demo, spark_home)
    environment = environment_of(demo, "local[2]")
    process = start_run(DEMO_CONFIG, home, environment)
    read_until(process, "dbt: 100 models and tests done")
    process.kill()
    process.wait()
    place = home / "warehouse" / "spark"
    (killed,) = place.glob("build-*")
    assert list((killed / "intermediate").iterdir())
    assert not (home / "published" / "current").exists()

    done = onefunnel("run", "--engine", "spark", "--config", DEMO_CONFIG, home=home, environment=environment)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert killed not in list(place.glob("build-*"))
    assert_same_tables(demo, home)
