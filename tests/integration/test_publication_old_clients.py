"""Older DuckDB clients (what BI drivers ship with) open the published snapshot."""

import subprocess
import venv
from pathlib import Path

import duckdb
import pytest

from orchestration.publication import publish

READ = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
print(connection.execute("select count(*), max(rate), max(seen_at) from marts.fct_leads").fetchall())
print(connection.execute("select comment from duckdb_tables()").fetchall())
"""


@pytest.mark.verify
@pytest.mark.parametrize("version", ["1.2.2", "1.3.2", "1.4.1"])
def test_an_older_duckdb_client_opens_the_snapshot(tmp_path: Path, version: str) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            """
            create schema raw_build; create schema raw_definitions; create schema raw_landing; create schema marts;
            create table raw_build.build as select 'b1' as build_id, timestamp '2026-07-01 09:00:00' as as_of_at,
                timestamp '2026-07-01 09:00:00' as evaluated_at, 'UTC' as time_zone;
            create table raw_definitions.policies(name varchar, value varchar, valid_from varchar, _row bigint);
            create table raw_definitions.currencies(currency varchar, exponent varchar);
            create table raw_landing.pulls(source varchar, stream varchar, pull bigint, is_read boolean);
            create table marts.fct_leads as select 'l' || range as lead_id, cast(range as decimal(38, 9)) as rate,
                timestamp '2026-07-01 09:00:00' as seen_at, range % 2 = 0 as is_good, 'b1' as build_id from range(5000);
            comment on table marts.fct_leads is 'One row per lead';
            """
        )
    build = publish(warehouse, tmp_path / "home", "b1")
    venv.create(tmp_path / "client", with_pip=True)
    python = tmp_path / "client" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", f"duckdb=={version}"], check=True)
    answer = subprocess.run([python, "-c", READ, build.snapshot], check=True, capture_output=True, text=True).stdout
    assert answer.startswith("[(5000, Decimal('4999.000000000'), datetime.datetime(2026, 7, 1, 9, 0))]")
    assert "One row per lead" in answer
