"""Publication seen by other processes: readers go on, a kill at any step leaves a whole build."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.publication import current_build, publish, read_build

ROOT = Path(__file__).resolve().parents[2]

READER = """
import sys, time
import duckdb
current, holder = sys.argv[1], None
seen, reads = [], 0
while True:
    with duckdb.connect(current + "/onefunnel.duckdb", read_only=True) as connection:
        if holder is None:
            holder = duckdb.connect(current + "/../current/onefunnel.duckdb", read_only=True)
        builds = connection.execute(
            "select build_id from marts.fct_leads union select build_id from marts.fct_deals").fetchall()
        assert len(builds) == 1, builds
        leads, deals = connection.execute(
            "select (select count(*) from marts.fct_leads), (select count(*) from marts.fct_deals)").fetchall()[0]
        assert leads == deals > 0, (leads, deals)
    with duckdb.connect() as connection:
        (parquet,) = connection.execute(
            f"select count(*) from '{current}/parquet/fct_leads.parquet'").fetchone()
        assert parquet > 0
    reads += 1
    if builds[0][0] not in seen:
        seen.append(builds[0][0])
        print(builds[0][0], flush=True)
    if builds[0][0] == sys.argv[2]:
        assert holder.execute("select sum(lead) from marts.fct_leads").fetchone()[0] is not None
        print(f"reads {reads}", flush=True)
        break
"""

KILLED_PUBLICATION = """
import os, signal, sys
from pathlib import Path
from orchestration.publication import snapshot

def die(*arguments, **keywords):
    os.kill(os.getpid(), signal.SIGKILL)

module_and_step, when = sys.argv[1], sys.argv[2]
step = getattr(snapshot, module_and_step)

def step_then_die(*arguments, **keywords):
    step(*arguments, **keywords)
    die()

setattr(snapshot, module_and_step, die if when == "before" else step_then_die)
snapshot.publish(Path(sys.argv[3]), Path(sys.argv[4]), sys.argv[5])
"""


def make_warehouse(path: Path, build_id: str, rows: int = 5000) -> Path:
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        for schema in ("raw_build", "raw_definitions", "raw_landing", "marts"):
            connection.execute(f"create schema {schema}")
        connection.execute(
            f"create table raw_build.build as select '{build_id}' as build_id,"
            " timestamp '2026-07-01 09:00:00' as as_of_at, timestamp '2026-07-01 09:00:00' as evaluated_at,"
            " 'UTC' as time_zone"
        )
        connection.execute(
            "create table raw_definitions.policies(name varchar, value varchar, valid_from varchar, _row bigint)"
        )
        connection.execute("create table raw_definitions.currencies(currency varchar, exponent varchar)")
        connection.execute(
            "create table raw_landing.pulls(source varchar, stream varchar, pull bigint, is_read boolean)"
        )
        for table in ("fct_leads", "fct_deals"):
            connection.execute(
                f"create table marts.{table} as select range as lead, '{build_id}' as build_id from range({rows})"
            )
    return path


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def test_a_reader_in_another_process_reads_whole_builds_while_builds_are_published(tmp_path):
    home, warehouse = tmp_path / "home", tmp_path / "warehouse.duckdb"
    builds = [f"b{number}" for number in range(6)]
    publish(make_warehouse(warehouse, builds[0], rows=1000), home, builds[0], keep_daily=1)
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(home / "published" / "current"), builds[-1]],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout is not None
    assert reader.stdout.readline().strip() == builds[0]
    for number, build_id in enumerate(builds[1:], start=1):
        publish(make_warehouse(warehouse, build_id, rows=1000 + number), home, build_id, keep_daily=1)
    output, errors = reader.communicate(timeout=120)
    assert reader.returncode == 0, errors
    assert output.strip().splitlines()[-1].startswith("reads ")


@pytest.mark.parametrize(
    ("step", "when", "survivor"),
    [
        ("_write_build", "before", "b1"),
        ("_verify_counts", "before", "b1"),
        ("_make_durable", "before", "b1"),
        ("_write_build", "after", "b1"),
        ("_show_build", "after", "b1"),
        ("point_current_at", "before", "b1"),
        ("point_current_at", "after", "b2"),
        ("remove_superseded", "after", "b2"),
    ],
)
def test_a_kill_at_any_step_leaves_a_whole_build_and_the_next_publication_finishes(tmp_path, step, when, survivor):
    home, warehouse = tmp_path / "home", tmp_path / "warehouse.duckdb"
    publish(make_warehouse(warehouse, "b1", rows=100), home, "b1")
    make_warehouse(warehouse, "b2", rows=200)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_PUBLICATION, step, when, str(warehouse), str(home), "b2"],
        env=environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr

    current = current_build(home)
    assert current is not None
    assert current.build_id == survivor
    with duckdb.connect(str(current.snapshot), read_only=True) as connection:
        assert connection.execute("select count(*) from marts.fct_deals").fetchall() == [
            (current.row_counts["fct_deals"],)
        ]

    finished = publish(warehouse, home, "b2")
    assert finished.row_counts == {"fct_deals": 200, "fct_leads": 200}
    assert read_build(home / "published" / "current").build_id == "b2"
    assert not [path for path in (home / "published" / "builds").iterdir() if path.name.startswith("_")]
