"""Speed of the ledger beside ChannelAttribution and marketing-attribution-models, on the same paths, one after the other.

    python -m benchmarks.packages_speed [--touches 1000000] [--channels 10] [--converting 0.25] [--python PYTHON]

Both sides start from touches in no order. The same work is the chain: journeys, counts and solve of ours; paths and the chain of theirs
(ChannelAttribution makes three rules beside it, marketing-attribution-models the split within each journey). What the whole ledger of ten
models takes us, every credit exact to the minor unit, is printed beside it. Without --python an environment for them is made in a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from benchmarks.ledger_speed import CHAIN, JOURNEYS, LEDGER, prepared, timed
from orchestration.defs.table_steps import write_table_steps
from orchestration.warehouse import DuckDbWarehouse

PACKAGES = ("ChannelAttribution==2.2.5", "marketing-attribution-models==2.1.1", "matplotlib", "scipy", "pyarrow")
TARGETS = {"ChannelAttribution": 4.0, "marketing-attribution-models": 10.0}
"""So many times as fast we are to be."""

TOUCHES = """
copy (
    select conversion_id as path_id, channel, occurred_at, touch_id, true as converted from journey_touches
    union all
    select person_id, channel, occurred_at, touch_id, false from intermediate.int_touches_channelled
    where person_id not in (select person_id from intermediate.int_conversions_gathered)
) to '{file}' (format parquet)
"""


def ours(path: Path, sql: dict[str, str]) -> tuple[float, float]:
    """Seconds from conversions and touches to the removal effects, and to the ledger."""
    settings = {"threads": 2, "preserve_insertion_order": False}
    seconds = 0.0
    with duckdb.connect(str(path), config=settings) as connection:
        for model in (*JOURNEYS, *CHAIN):
            seconds += timed(connection, f"create or replace table intermediate.{model} as {sql[model]}")[0]
    started = time.perf_counter()
    write_table_steps(DuckDbWarehouse(path), ["removal_effects"])
    seconds += time.perf_counter() - started
    chain = seconds
    with duckdb.connect(str(path), config=settings) as connection:
        for model in LEDGER:
            seconds += timed(connection, f"create or replace table intermediate.{model} as {sql[model]}")[0]
    return chain, seconds


def environment(folder: Path) -> str:
    """A Python with the packages."""
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    python = str(folder / "venv" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return python


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--touches", type=int, default=1_000_000)
    parser.add_argument("--channels", type=int, default=10)
    parser.add_argument("--converting", type=float, default=0.25)
    parser.add_argument("--python", help="a Python that has the packages")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "onefunnel.duckdb"
        sql, _ = prepared(path, arguments.touches, arguments.channels, arguments.converting)
        with duckdb.connect(str(path)) as connection:
            connection.execute(TOUCHES.format(file=folder / "touches.parquet"))
        chain, ledger = ours(path, sql)
        python = arguments.python or environment(folder)
        script = Path(__file__).with_name("packages_timed.py")
        done = subprocess.run(
            [python, str(script), str(folder / "touches.parquet")], capture_output=True, text=True, check=True
        )
        theirs: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(
        f"machine      2 threads, DuckDB {duckdb.__version__}, Python {platform.python_version()}; {arguments.touches:,} touches, "
        f"{arguments.converting:.0%} on converting journeys, {arguments.channels} channels"
    )
    print(f"{'chain, ours':36} {chain:8.1f} s")
    print(f"{'ledger of ten models, ours':36} {ledger:8.1f} s")
    for package, taken in theirs.items():
        target = TARGETS[package]
        verdict = "met" if taken / chain >= target else "MISSED"
        print(f"{package:36} {taken:8.1f} s   {taken / chain:6.1f} times our chain   target >= {target:g}   {verdict}")


if __name__ == "__main__":
    main()
